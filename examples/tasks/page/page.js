// The page: which view is shown, and what its buttons do.
import { AuthClient, checked } from './auth-client.js';
import { element, empty, form, reveal } from './form.js';
import { Sessions, Tasks } from './lists.js';
import { farewell, words } from './words.js';
const views = [...document.querySelectorAll('[data-view]')];
const nav = document.querySelector('nav');
const notice = element('notice', HTMLParagraphElement);
const waiting = element('waiting', HTMLDivElement);
/** Whether a user is signed in; undefined until that is known. */
let isSignedIn;
const auth = new AuthClient({
    onchange(user, why) {
        isSignedIn = user !== null;
        // Nothing of one user is left on the screen for the next.
        tasks.clear();
        sessions.clear();
        forms.forEach(empty);
        say(why ? farewell[why] : '', why === 'session_ended' ? 'bad' : undefined);
        if (location.hash !== '')
            history.replaceState(null, '', location.pathname);
        void show();
    },
});
const say = (text, tone) => {
    notice.textContent = text;
    notice.className = text === '' ? '' : tone === 'bad' ? 'notice bad' : 'notice';
};
const attempt = async (action) => {
    say('');
    try {
        await action();
    }
    catch (error) {
        // Where the user is signed out, the client has said so, and why.
        if (isSignedIn !== false)
            say(words(error), 'bad');
    }
};
const tasks = new Tasks(auth, attempt, say);
const sessions = new Sessions(auth, attempt, say);
const forms = [
    form('sign-in', ({ username, password }) => auth.login(username, password)),
    form('register', async ({ username, password }) => {
        const body = JSON.stringify({ username, password });
        await checked(await fetch('/auth/register', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }));
        await auth.login(username, password);
    }),
    form('add', ({ title }) => tasks.add(title)),
];
/** Shows the view that the address names, if it is one of those that there are now. */
async function show() {
    if (isSignedIn === undefined)
        return;
    const [usual, other] = isSignedIn ? ['tasks', 'sessions'] : ['sign-in', 'register'];
    const name = location.hash === `#${other}` ? other : usual;
    waiting.hidden = true;
    nav.hidden = !isSignedIn;
    for (const view of views)
        view.hidden = view.dataset['view'] !== name;
    for (const link of nav.querySelectorAll('a'))
        link.ariaCurrent = link.hash === `#${name}` ? 'page' : null;
    const view = views.find(view => !view.hidden);
    const heading = view.querySelector('h1');
    document.title = `${heading.textContent} · Tasks`;
    // Whoever hears the page hears where they are; whoever types can go on.
    (isSignedIn ? heading : view.querySelector('input')).focus();
    if (isSignedIn)
        await load();
}
const load = () => attempt(() => (location.hash === '#sessions' ? sessions : tasks).load());
async function start() {
    try {
        await auth.restore();
    }
    catch (error) {
        if (isSignedIn)
            return say(words(error), 'bad');
        waiting.hidden = false;
        waiting.querySelector('h1').focus();
    }
}
addEventListener('hashchange', () => {
    say('');
    void show();
});
// Pages that come back from the browser's cache may have missed what other tabs told.
addEventListener('pageshow', event => {
    if (event.persisted)
        void start();
});
addEventListener('offline', () => say('You are offline. What you see may be old.', 'bad'));
addEventListener('online', () => {
    say('You are online again.');
    if (isSignedIn === undefined)
        void start();
});
element('retry', HTMLButtonElement).addEventListener('click', () => void start());
element('sign-out', HTMLButtonElement).addEventListener('click', () => void attempt(() => auth.signOut()));
element('sign-out-everywhere', HTMLButtonElement).addEventListener('click', () => void attempt(() => auth.signOut(true)));
document.querySelectorAll('[data-reveals]').forEach(reveal);
void start();
