// The user's tasks, and the sessions in which the user is signed in.
import { checked } from './auth-client.js';
import { element } from './form.js';
import { device, moment } from './words.js';
export class Tasks {
    auth;
    attempt;
    say;
    #tasks = [];
    #last = Promise.resolve();
    constructor(auth, attempt, say) {
        this.auth = auth;
        this.attempt = attempt;
        this.say = say;
    }
    async load() {
        const response = await checked(await this.auth.fetch('/tasks'));
        this.#tasks = await response.json();
        this.#draw();
    }
    async add(title) {
        const response = await send(this.auth, '/tasks', 'POST', { title });
        this.#tasks.push(await response.json());
        this.#draw();
        this.say(`Added: ${title}`, 'aside');
    }
    clear() {
        this.#tasks = [];
        this.#draw();
    }
    #tick(task, box) {
        const done = box.checked;
        this.#inTurn(async () => {
            try {
                await send(this.auth, `/tasks/${task.id}`, 'PUT', { title: task.title, done });
                task.done = done;
                this.#sum();
            }
            catch (error) {
                box.checked = task.done;
                throw error;
            }
        });
    }
    #delete(task) {
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
    #inTurn(change) {
        this.#last = this.#last.then(() => this.attempt(change));
    }
    #draw() {
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
    #sum() {
        const open = this.#tasks.filter(task => !task.done).length;
        const text = this.#tasks.length === 0 ? 'Nothing yet. What comes first?'
            : open === 0 ? 'All done.'
                : `${open} of ${this.#tasks.length} to do`;
        element('tasks-summary', HTMLParagraphElement).textContent = text;
    }
}
export class Sessions {
    auth;
    attempt;
    say;
    constructor(auth, attempt, say) {
        this.auth = auth;
        this.attempt = attempt;
        this.say = say;
    }
    async load() {
        const response = await checked(await this.auth.fetch('/auth/sessions'));
        const sessions = await response.json();
        element('session-list', HTMLUListElement).replaceChildren(...sessions.map(session => this.#draw(session)));
    }
    clear() {
        element('session-list', HTMLUListElement).replaceChildren();
    }
    #draw(session) {
        const name = device(session.device);
        const used = session.is_current ? 'in use now' : `last used ${moment(session.last_used_at)}`;
        const about = node('div', {});
        about.append(node('p', { className: 'name', textContent: name, title: session.device ?? '' }), node('p', { className: 'hint', textContent: `Signed in ${moment(session.created_at)}, ${used}` }));
        if (session.is_current)
            return item(about, node('span', { className: 'badge', textContent: 'This one' }));
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
export async function send(auth, path, method, body) {
    const content = body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
    return checked(await auth.fetch(path, { method, ...content }));
}
function item(...children) {
    const item = node('li', {});
    item.append(...children);
    return item;
}
/** Of several that look alike; whoever hears them hears of what each is. */
function button(text, of) {
    return node('button', { type: 'button', className: 'quiet', textContent: text, ariaLabel: `${text} ${of}` });
}
/** Text gets into the page as text, never as HTML. */
function node(name, properties) {
    return Object.assign(document.createElement(name), properties);
}
