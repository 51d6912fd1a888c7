// Forms: they send when their fields are filled in, say at the field what is wrong with it, and are not sent twice.
import { AuthError } from './auth-client.js';
import { words } from './words.js';

/** Sends a form with what is in its fields. What goes wrong is said in the form, at the field where it is of one. */
export function form(id: string, send: (values: Record<string, string>) => Promise<void>): HTMLFormElement {
  const form = element(id, HTMLFormElement);
  form.addEventListener('submit', async event => {
    event.preventDefault();
    clear(form);
    const empty = fields(form).find(field => field.required && field.value === '');
    if (empty) return blame(empty, 'This is needed.');
    if (form.ariaBusy === 'true') return;
    form.ariaBusy = 'true';
    try {
      await send(Object.fromEntries(fields(form).map(field => [field.name, field.value])));
      form.reset();
    } catch (error) {
      const name = error instanceof AuthError ? error.field : undefined;
      const field = fields(form).find(field => field.name === name);
      if (field) blame(field, words(error));
      else fail(form, words(error));
    } finally {
      form.ariaBusy = null;
    }
  });
  return form;
}

/** Takes away what was said, and what was typed. */
export function empty(form: HTMLFormElement): void {
  clear(form);
  form.reset();
}

/** Buttons that show the password of a field, and hide it again. */
export function reveal(button: HTMLButtonElement): void {
  const field = element(button.dataset['reveals']!, HTMLInputElement);
  const show = (isShown: boolean) => {
    field.type = isShown ? 'text' : 'password';
    button.ariaPressed = String(isShown);
  };
  button.addEventListener('click', () => show(field.type === 'password'));
  // What is sent or taken back is no longer to be seen.
  field.form!.addEventListener('reset', () => show(false));
}

/** The element of a page of our own, which has it. */
export function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`the page has no ${type.name} #${id}`);
}

const fields = (form: HTMLFormElement) => [...form.querySelectorAll('input')];

function blame(field: HTMLInputElement, text: string): void {
  const note = document.createElement('p');
  note.className = 'failure';
  note.id = `${field.id}-failure`;
  note.textContent = text;
  field.closest('.field')!.append(note);
  field.ariaInvalid = 'true';
  // It is read out with the field, which is where the keyboard is now.
  const hint = field.dataset['hint'] ??= field.getAttribute('aria-describedby') ?? '';
  field.setAttribute('aria-describedby', `${hint} ${note.id}`.trim());
  field.focus();
}

function fail(form: HTMLFormElement, text: string): void {
  form.querySelector('[role=alert]')!.textContent = text;
  // The button may be out of reach while the form is busy; a password is typed anew.
  const field = fields(form).at(-1);
  field?.focus();
  field?.select();
}

function clear(form: HTMLFormElement): void {
  form.querySelector('[role=alert]')!.textContent = '';
  for (const field of fields(form)) {
    field.ariaInvalid = null;
    document.getElementById(`${field.id}-failure`)?.remove();
    const hint = field.dataset['hint'];
    if (hint) field.setAttribute('aria-describedby', hint);
    else if (hint === '') field.removeAttribute('aria-describedby');
  }
}
