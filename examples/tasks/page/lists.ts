// The user's tasks, and the sessions in which the user is signed in.
import { type AuthClient, checked } from './auth-client.js';
import { element } from './form.js';
import { device, moment } from './words.js';

interface Task {
  id: number;
  title: string;
  done: boolean;
}

interface Session {
  id: string;
  device: string | null;
  created_at: number;
  last_used_at: number;
  is_current: boolean;
}

/** Says what came of an action: that it failed, or, to those who don't see it in the list, that it is done. */
export type Say = (text: string, tone?: 'bad' | 'aside') => void;
/** Runs what a button does, and says what goes wrong. */
export type Attempt = (action: () => Promise<void>) => Promise<void>;

export class Tasks {
  #tasks: Task[] = [];
  #last = Promise.resolve();

  constructor(readonly auth: AuthClient, readonly attempt: Attempt, readonly say: Say) {}

  async load(): Promise<void> {
    const response = await checked(await this.auth.fetch('/tasks'));
    this.#tasks = await response.json();
    this.#draw();
  }

  async add(title: string): Promise<void> {
    const response = await send(this.auth, '/tasks', 'POST', { title });
    this.#tasks.push(await response.json());
    this.#draw();
    this.say(`Added: ${title}`, 'aside');
  }

  clear(): void {
    this.#tasks = [];
    this.#draw();
  }

  #tick(task: Task, box: HTMLInputElement): void {
    const done = box.checked;
    this.#inTurn(async () => {
      try {
        await send(this.auth, `/tasks/${task.id}`, 'PUT', { title: task.title, done });
        task.done = done;
        this.#sum();
      } catch (error) {
        box.checked = task.done;
        throw error;
      }
    });
  }

  #delete(task: Task): void {
    this.#inTurn(async () => {
      await send(this.auth, `/tasks/${task.id}`, 'DELETE');
      const index = this.#tasks.indexOf(task);
      this.#tasks.splice(index, 1);
      this.#draw();
      this.say(`Deleted: ${task.title}`, 'aside');
      // The button that had the keyboard is gone: the next one has it, or the field where all begins.
      const buttons = element('task-list', HTMLUListElement).querySelectorAll('button');
      (buttons[Math.min(index, buttons.length - 1)] ?? element('add-title', HTMLInputElement)).focus();
    });
  }

  /** One change after the other, so that the last one stays. */
  #inTurn(change: () => Promise<void>): void {
    this.#last = this.#last.then(() => this.attempt(change));
  }

  #draw(): void {
    this.#sum();
    element('task-list', HTMLUListElement).replaceChildren(...this.#tasks.map(task => {
      const box = node('input', { type: 'checkbox', checked: task.done, id: `task-${task.id}` });
      box.addEventListener('change', () => this.#tick(task, box));
      const label = node('label', { htmlFor: box.id, textContent: task.title });
      const remove = button('Delete', task.title);
      remove.addEventListener('click', () => this.#delete(task));
      return item(box, label, remove);
    }));
  }

  #sum(): void {
    const open = this.#tasks.filter(task => !task.done).length;
    const text = this.#tasks.length === 0 ? 'Nothing yet. What comes first?'
      : open === 0 ? 'All done.'
      : `${open} of ${this.#tasks.length} to do`;
    element('tasks-summary', HTMLParagraphElement).textContent = text;
  }
}

export class Sessions {
  constructor(readonly auth: AuthClient, readonly attempt: Attempt, readonly say: Say) {}

  async load(): Promise<void> {
    const response = await checked(await this.auth.fetch('/auth/sessions'));
    const sessions: Session[] = await response.json();
    element('session-list', HTMLUListElement).replaceChildren(...sessions.map(session => this.#draw(session)));
  }

  clear(): void {
    element('session-list', HTMLUListElement).replaceChildren();
  }

  #draw(session: Session): HTMLLIElement {
    const name = device(session.device);
    const used = session.is_current ? 'in use now' : `last used ${moment(session.last_used_at)}`;
    const about = node('div', {});
    about.append(
      node('p', { className: 'name', textContent: name, title: session.device ?? '' }),
      node('p', { className: 'hint', textContent: `Signed in ${moment(session.created_at)}, ${used}` }),
    );
    if (session.is_current) return item(about, node('span', { className: 'badge', textContent: 'This one' }));
    const end = button('End', `${name}, ${used}`);
    end.addEventListener('click', () => void this.attempt(async () => {
      await send(this.auth, `/auth/sessions/${session.id}`, 'DELETE');
      await this.load();
      this.say(`Ended: ${name}`, 'aside');
      element('sessions-heading', HTMLHeadingElement).focus();
    }));
    return item(about, end);
  }
}

export async function send(auth: AuthClient, path: string, method: string, body?: object): Promise<Response> {
  const content = body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  return checked(await auth.fetch(path, { method, ...content }));
}

function item(...children: HTMLElement[]): HTMLLIElement {
  const item = node('li', {});
  item.append(...children);
  return item;
}

/** Of several that look alike; whoever hears them hears of what each is. */
function button(text: string, of: string): HTMLButtonElement {
  return node('button', { type: 'button', className: 'quiet', textContent: text, ariaLabel: `${text} ${of}` });
}

type Tags = HTMLElementTagNameMap;

/** Text gets into the page as text, never as HTML. */
function node<K extends keyof Tags>(name: K, properties: Partial<Tags[K]>): Tags[K] {
  return Object.assign(document.createElement(name), properties);
}
