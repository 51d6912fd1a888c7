// What the tests of the page do with it.
import { TASKS_URL, newUser } from './support.js';

// Signs in by the form, as a user who has an account.
export async function signIn(page, user, url = TASKS_URL) {
  if (page.url() === 'about:blank') await page.goto(`${url}/`);
  await field(page, 'Name').fill(user.username);
  await field(page, 'Password').fill(user.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await heading(page, 'Tasks');
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
