// The page: which view is shown, and what its buttons do.
import { AuthClient, AuthError, checked } from './auth-client.js';
import { element, empty, form, reveal } from './form.js';
import { type Attempt, type Say, Sessions, Tasks, send } from './lists.js';
import { farewell, words } from './words.js';

const views = [...document.querySelectorAll<HTMLElement>('[data-view]')];
const nav = document.querySelector('nav')!;
const who = element('who', HTMLParagraphElement);
const notice = element('notice', HTMLParagraphElement);
const waiting = element('waiting', HTMLDivElement);

/** Whether a user is signed in; undefined until that is known. */
let isSignedIn: boolean | undefined;
/** Who was the last to be signed in. */
let owner: string | undefined;

const auth = new AuthClient({
  onchange(user, why) {
    // The view was chosen for who was signed in before; an address that was opened is as it was meant.
    if (isSignedIn !== undefined && location.hash !== '') history.replaceState(null, '', location.pathname);
    isSignedIn = user !== null;
    // Nothing of one user is left for the next; what somebody typed is, where it was not they who signed out.
    tasks.clear();
    sessions.clear();
    who.textContent = '';
    if (user === null ? why === 'signed_out' : user !== owner) forms.forEach(empty);
    owner = user ?? owner;
    say(why ? farewell[why] : '', why === 'session_ended' ? 'bad' : undefined);
    void show();
  },
});

const say: Say = (text, tone) => {
  notice.textContent = text;
  notice.className = text === '' ? '' : tone === 'aside' ? 'aside' : `notice ${tone ?? ''}`;
};

const attempt: Attempt = async action => {
  say('');
  try {
    await action();
  } catch (error) {
    // Where the user is signed out, the client has said so, and why.
    if (isSignedIn !== false) say(words(error), 'bad');
  }
};

const tasks = new Tasks(auth, attempt, say);
const sessions = new Sessions(auth, attempt, say);

const forms = [
  form('sign-in', ({ username, password }) => auth.login(username!, password!)),
  form('register', async ({ username, password }) => {
    const [headers, body] = [{ 'Content-Type': 'application/json' }, JSON.stringify({ username, password })];
    await checked(await fetch('/auth/register', { method: 'POST', headers, body, redirect: 'error' }));
    try {
      await auth.login(username!, password!);
    } catch {
      history.replaceState(null, '', '#sign-in');
      await show();
      say('The account is made, but signing in did not work: try that again.', 'bad');
    }
  }),
  form('password', async values => {
    try {
      await send(auth, '/auth/password', 'POST', values);
    } catch (error) {
      const isWrong = error instanceof AuthError && error.code === 'invalid_grant';
      throw isWrong ? new AuthError('wrong_password', error.message, 400, 'current_password') : error;
    }
    await sessions.load();
    say('Your password is changed, and all other sessions are over.');
  }),
  form('add', async ({ title }) => {
    await tasks.add(title!);
    element('add-title', HTMLInputElement).focus();
  }),
];

/** Shows the view that the address names, if it is one of those that there are now. */
async function show(): Promise<void> {
  if (isSignedIn === undefined) return;
  const [usual, other] = isSignedIn ? ['tasks', 'sessions'] : ['sign-in', 'register'];
  const name = location.hash === `#${other}` ? other : usual;
  waiting.hidden = true;
  nav.hidden = !isSignedIn;
  for (const view of views) view.hidden = view.dataset['view'] !== name;
  for (const link of nav.querySelectorAll('a')) link.ariaCurrent = link.hash === `#${name}` ? 'page' : null;
  const view = views.find(view => !view.hidden)!;
  const heading = view.querySelector('h1')!;
  document.title = `${heading.textContent} · Tasks`;
  // Whoever hears the page hears where they are; whoever types can go on.
  (isSignedIn ? heading : view.querySelector('input')!).focus();
  if (isSignedIn) await load();
}

const load = () => attempt(async () => {
  await (location.hash === '#sessions' ? sessions : tasks).load();
  if (who.textContent !== '') return;
  const me = await checked(await auth.fetch('/auth/me'));
  who.textContent = (await me.json()).username;
});

async function start(): Promise<void> {
  try {
    await auth.restore();
  } catch (error) {
    if (isSignedIn) return say(words(error), 'bad');
    waiting.hidden = false;
    waiting.querySelector('h1')!.focus();
  }
}

addEventListener('hashchange', () => {
  say('');
  void show();
});
// Pages that come back from the browser's cache may have missed what other tabs told.
addEventListener('pageshow', event => {
  if (event.persisted) void start();
});
addEventListener('offline', () => say('You are offline. What you see may be old.', 'bad'));
addEventListener('online', () => {
  say('You are online again.');
  if (isSignedIn === undefined) void start();
});
element('retry', HTMLButtonElement).addEventListener('click', () => void start());
for (const id of ['sign-out', 'sign-out-everywhere']) {
  const signOut = () => auth.signOut(id === 'sign-out-everywhere');
  element(id, HTMLButtonElement).addEventListener('click', () => void attempt(signOut));
}
document.querySelectorAll<HTMLButtonElement>('[data-reveals]').forEach(reveal);

void start();
