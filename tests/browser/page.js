// What the tests of the page do with it.
import { TASKS_URL, newUser } from './support.js';

// Signs in by the form, as a user who has an account.
export async function signIn(page, user, url = TASKS_URL) {
  if (page.url() === 'about:blank') await page.goto(`${url}/`);
  await field(page, 'Name').fill(user.username);
  await field(page, 'Password').fill(user.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await heading(page, 'Tasks');
  await page.locator('#who').filter({ hasText: user.username }).waitFor();
}

// A new user who is signed in.
export async function signedIn(page, url = TASKS_URL) {
  const user = await newUser(url);
  await signIn(page, user, url);
  return user;
}

// In the view that is shown.
export function field(page, label) {
  return page.getByLabel(label, { exact: true }).filter({ visible: true });
}

export async function heading(page, name) {
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

export async function addTask(page, title) {
  await field(page, 'What is to be done').fill(title);
  await page.getByRole('button', { name: 'Add' }).click();
  await page.getByRole('checkbox', { name: title }).waitFor();
}

// Counts what a page, or all pages of a context, ask of a path.
export function count(source, method, path) {
  const counted = { requests: [] };
  source.on('request', request => {
    if (request.method() === method && new URL(request.url()).pathname === path) counted.requests.push(request);
  });
  return counted;
}

// The access token that a page has, which it shows to the server alone.
export async function accessToken(page) {
  await page.locator('#who:not(:empty)').waitFor();
  const answered = path => page.waitForResponse(response => new URL(response.url()).pathname === path && response.ok());
  const sessions = answered('/auth/sessions');
  await show(page, 'Sessions');
  const { authorization } = await (await sessions).request().allHeaders();
  // Nothing is under way any more that would be refused with it.
  const tasks = answered('/tasks');
  await show(page, 'Tasks');
  await tasks;
  return authorization.replace('Bearer ', '');
}

// Makes the server refuse an access token, and not the session that it is of.
export async function revoke(token, url = TASKS_URL) {
  await fetch(`${url}/auth/revoke`, { method: 'POST', body: new URLSearchParams({ token }) });
}

export async function show(page, view) {
  await page.getByRole('link', { name: view, exact: true }).click();
  await heading(page, view === 'Sessions' ? 'Where you are signed in' : view);
}

// Holds requests to a path back, or their answers, until `go` is called; `arrived` says that there is one.
export async function hold(context, path, what = 'request') {
  const gate = {};
  const opened = new Promise(done => { gate.go = done; });
  gate.arrived = new Promise(done => {
    gate.ready = context.route(`**${path}`, async route => {
      const response = what === 'answer' ? await route.fetch() : undefined;
      done();
      await opened;
      await (response ? route.fulfill({ response }) : route.continue());
    });
  });
  await gate.ready;
  return gate;
}

export async function refreshCookie(context) {
  return (await context.cookies()).find(cookie => cookie.name === '__Host-refresh');
}
