// Swagger UI at `/docs`: that its button "Authorize" signs in, and what routes then answer.
import { TASKS_URL, assert, newUser, open, screenshot, test } from './support.js';

async function docs(t) {
  const opened = await open(t, { viewport: { width: 1200, height: 1000 } });
  const { page } = opened;
  const hosts = new Set();
  page.on('request', request => {
    if (!request.url().startsWith('data:')) hosts.add(new URL(request.url()).origin);
  });
  await page.goto(`${TASKS_URL}/docs`);
  await page.locator('.opblock').first().waitFor();
  return { ...opened, hosts };
}

async function signIn(page, user) {
  await page.locator('.auth-wrapper .authorize').first().click();
  const dialog = page.locator('.dialog-ux');
  const flow = dialog.locator('.auth-container', { has: page.getByText('Flow: password') }).first();
  await flow.locator('#oauth_username').fill(user.username);
  await flow.locator('#oauth_password').fill(user.password);
  const answered = page.waitForResponse(response => response.url().endsWith('/auth/token'));
  await flow.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click();
  const answer = await answered;
  assert.equal(answer.status(), 200, await answer.text());
  await flow.getByRole('button', { name: 'Remove authorization' }).waitFor();
  return { answer, dialog };
}

// Opens an operation and sends what it says.
async function execute(page, operation) {
  const block = page.locator(`[id$="-${operation}"]`);
  if (!(await block.locator('.execute').isVisible())) await block.locator('.opblock-summary-control').click();
  const answered = page.waitForResponse(response => response.request().resourceType() === 'fetch');
  await block.locator('.execute').click();
  const answer = await answered;
  await block.locator('.live-responses-table .response-col_status').first().waitFor();
  return { answer, block };
}

test('the page is whole, and asks no other host', async t => {
  const { page, hosts } = await docs(t);
  assert.match(await page.locator('.info .title').innerText(), /Tasks/);
  assert.deepEqual([...hosts], [TASKS_URL]);
});

test('without a token a protected route answers 401', async t => {
  const { page } = await docs(t);
  const { answer } = await execute(page, 'list_tasks');
  assert.equal(answer.status(), 401);
});

test('Authorize signs in, and the token opens what its scopes allow', async t => {
  const user = await newUser();
  const { page, hosts } = await docs(t);
  const { answer: tokens, dialog } = await signIn(page, user);
  const form = new URLSearchParams(tokens.request().postData());
  assert.equal(form.get('grant_type'), 'password');
  await dialog.getByRole('button', { name: 'Close' }).first().click();

  const { answer, block } = await execute(page, 'list_tasks');
  assert.equal(answer.status(), 200);
  assert.deepEqual(await answer.json(), []);
  await block.scrollIntoViewIfNeeded();
  await screenshot(page, 'docs-signed-in');

  // New users may not add items.
  const refused = (await execute(page, 'create_item')).answer;
  assert.equal(refused.status(), 403);
  const challenge = await refused.headerValue('www-authenticate');
  assert.match(challenge, /error="insufficient_scope"/);
  assert.match(challenge, /scope="items:write"/);
  assert.deepEqual([...hosts], [TASKS_URL]);
});
