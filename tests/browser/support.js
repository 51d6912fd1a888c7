// What the tests share. A file `NAME.test.js` in this directory is run by `main.rs`, in a process
// of its own, with these variables:
//
//   TASKS_URL         the example program, on a database of its own, without further settings
//   STRICT_TASKS_URL  another, with REFRESH_REUSE_SECONDS=0
//   CHROMIUM          the browser
//   SCREENSHOTS       the directory of screenshots
//
// All files talk to the same two programs: let each make users of its own, by `newUser`. By hand:
//
//   TASKS_URL=http://127.0.0.1:8000 node --test tests/browser/docs.test.js
//
//   import { TASKS_URL, newUser, open, screenshot, test } from './support.js';
//
//   test('the page greets', async t => {
//     const { page } = await open(t);           // a browser of its own: no cookie, no storage
//     await page.goto(`${TASKS_URL}/`);
//     await screenshot(page, 'greeting');       // SCREENSHOTS/greeting.png
//   });                                         // errors in the page fail the test
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

export { assert, test };

export const TASKS_URL = process.env.TASKS_URL;
assert.ok(TASKS_URL, 'TASKS_URL is not set: run `cargo test --features full --test browser`');
export const STRICT_TASKS_URL = process.env.STRICT_TASKS_URL ?? TASKS_URL;
export const PASSWORD = 'correct horse battery';

const SCREENSHOTS =
  process.env.SCREENSHOTS ?? fileURLToPath(new URL('../../target/screenshots', import.meta.url));

let browser;

// A browser as somebody has it who was never here: a context of Playwright, and a page in it. Both
// are closed after the test, and what went wrong in a page fails it, unless `faults` is emptied.
export async function open(t, options = {}) {
  const context = await (await launched()).newContext({ viewport: { width: 1000, height: 720 }, ...options });
  context.setDefaultTimeout(15_000);
  const faults = [];
  context.on('weberror', error => faults.push(String(error.error().stack)));
  context.on('console', message => {
    // An answer of 400 and above is an error to the console, and to nobody else.
    const isAnswer = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isAnswer) faults.push(message.text());
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(faults, []);
  });
  return { context, page: await context.newPage(), faults };
}

async function launched() {
  browser ??= chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return browser;
}

after(async () => {
  await (await browser)?.close();
});

export async function screenshot(page, name, options = {}) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: 'disabled', ...options });
}

// Registers a user of a name that no other test has.
export async function newUser(url = TASKS_URL) {
  const user = { username: `user-${crypto.randomUUID().slice(0, 8)}`, password: PASSWORD };
  const answer = await post(`${url}/auth/register`, user);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return user;
}

// Outside of any browser: sends JSON, and reads it.
export async function post(url, body, headers = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}
