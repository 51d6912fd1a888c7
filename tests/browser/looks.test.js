// What the page looks like, in words for those who can't see it as well: axe, narrow windows, dark mode, screenshots.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { addTask, field, heading, show, signIn, signedIn } from './page.js';
import { TASKS_URL, assert, open, screenshot, test } from './support.js';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
// So that colours are what they are at once.
const STILL = { reducedMotion: 'reduce' };
const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

// Every rule that axe has, of WCAG up to 2.2 AA and of good practice, in both colour schemes; and no scrolling sideways.
async function isFitForAll(page) {
  if (!await page.evaluate(() => 'axe' in globalThis)) await page.evaluate(axe);
  for (const colorScheme of ['dark', 'light']) {
    await page.emulateMedia({ colorScheme });
    const { violations, passes } = await page.evaluate(() => globalThis.axe.run({ rules: { 'target-size': { enabled: true } } }));
    assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(node => node.html)]), [], colorScheme);
    assert.ok(passes.some(({ id }) => id === 'color-contrast'));
  }
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll('body *')]
    .filter(element => element.getBoundingClientRect().right > 320).map(element => element.outerHTML)), []);
  assert.equal(await page.evaluate(() => document.scrollingElement.scrollWidth), 320);
  await page.setViewportSize(size);
}

async function pictures(page, name) {
  await screenshot(page, name);
  await page.emulateMedia({ colorScheme: 'dark' });
  await screenshot(page, `${name}-dark`);
  await page.emulateMedia({ colorScheme: 'light' });
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  await screenshot(page, `${name}-narrow`, { fullPage: true });
  await page.setViewportSize(size);
}

test('the views before signing in', async t => {
  const { page } = await open(t, STILL);
  await page.goto(`${TASKS_URL}/`);
  await heading(page, 'Sign in');
  await isFitForAll(page);
  await pictures(page, 'sign-in');
  await field(page, 'Name').fill('alice');
  await field(page, 'Password').fill('wrong');
  await page.keyboard.press('Enter');
  await page.getByText('don’t belong together').waitFor();
  await isFitForAll(page);
  await pictures(page, 'wrong-password');
  await page.getByRole('link', { name: 'Create an account' }).click();
  await field(page, 'Name').fill('alice');
  await field(page, 'Password').fill('short');
  await page.keyboard.press('Enter');
  await page.getByText('The password needs').waitFor();
  await isFitForAll(page);
  await pictures(page, 'broken-rule');
});

test('the views of a user', async t => {
  const { page } = await open(t, STILL);
  const user = await signedIn(page);
  await page.getByText('Nothing yet.').waitFor();
  await isFitForAll(page);
  for (const title of ['Water the plants', 'Call the dentist about Thursday', 'Book the train to Basel']) await addTask(page, title);
  await addTask(page, 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft');
  await page.getByRole('checkbox', { name: 'Water the plants' }).check();
  await page.getByText('3 of 4 to do').waitFor();
  await isFitForAll(page);
  await page.getByRole('button', { name: 'Delete Donau' }).click();
  await page.getByText('Deleted: Donau').waitFor();
  await pictures(page, 'tasks');
  const { page: phone } = await open(t, { userAgent: PHONE });
  await signIn(phone, user);
  await show(page, 'Sessions');
  await page.getByText('Safari on iPhone').waitFor();
  await isFitForAll(page);
  await pictures(page, 'sessions');
  await phone.getByRole('link', { name: 'Sessions' }).click();
  await phone.getByRole('button', { name: 'Sign out everywhere' }).click();
  await heading(phone, 'Sign in');
  await page.getByRole('link', { name: 'Tasks' }).click();
  await page.getByText('Your session was ended').waitFor();
  await isFitForAll(page);
  await pictures(page, 'session-ended');
});

test('the view without a server', async t => {
  const { page } = await open(t, STILL);
  await page.route('**/auth/refresh', route => route.abort());
  await page.goto(`${TASKS_URL}/`);
  await heading(page, 'The server can’t be reached');
  await isFitForAll(page);
  await pictures(page, 'unreachable');
});

test('who wants less motion gets none', async t => {
  const { page } = await open(t, { reducedMotion: 'reduce' });
  await page.goto(`${TASKS_URL}/`);
  await heading(page, 'Sign in');
  const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter(element => {
    const style = getComputedStyle(element);
    return style.animationName !== 'none' || style.transitionDuration !== '0s';
  }).length);
  assert.equal(moving, 0);
});
