// Tokens that end, are refused, come twice or belong to another: in one tab, and in several.
import { accessToken, addTask, count, field, heading, hold, refreshCookie, revoke, show, signIn, signedIn } from './page.js';
import { STRICT_TASKS_URL, TASKS_URL, assert, newUser, open, post, test } from './support.js';

const ENDED = 'or its token came twice, as it does when somebody has stolen it';

test('two tabs that need a token at once make one refresh', async t => {
  const { context, page } = await open(t);
  await signedIn(page);
  const other = await context.newPage();
  await other.goto(`${TASKS_URL}/`);
  await heading(other, 'Tasks');
  await revoke(await accessToken(other));
  const refreshes = count(context, 'POST', '/auth/refresh');
  const gate = await hold(context, '/auth/refresh');
  const lists = [page, other].map(tab => tab.waitForResponse(response => response.url().endsWith('/auth/sessions') && response.ok()));
  const refused = other.waitForResponse(response => response.url().endsWith('/auth/sessions') && response.status() === 401);
  await page.getByRole('link', { name: 'Sessions' }).click();
  await gate.arrived;
  await other.getByRole('link', { name: 'Sessions' }).click();
  await refused;
  gate.go();
  await Promise.all(lists);
  for (const tab of [page, other]) await tab.getByText('This one', { exact: true }).waitFor();
  assert.equal(refreshes.requests.length, 1);
});

test('many tabs and callers in one browser make one refresh', async t => {
  const { context, page } = await open(t);
  await signedIn(page);
  // Pages of the same origin that do nothing by themselves.
  const tabs = await Promise.all([1, 2, 3].map(() => context.newPage()));
  for (const tab of tabs) await tab.goto(`${TASKS_URL}/health`);
  const begin = tab => tab.evaluate(async () => {
    const { AuthClient } = await import('/auth-client.js');
    globalThis.auth = new AuthClient();
    return globalThis.auth.restore();
  });
  const users = [];
  for (const tab of tabs) users.push(await begin(tab));
  assert.equal(new Set(users).size, 1);
  // The newest, of which every tab was told.
  await revoke(await accessToken(page));
  const refreshes = count(context, 'POST', '/auth/refresh');
  const call = tab => tab.evaluate(async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => globalThis.auth.fetch('/tasks')));
    return answers.map(answer => answer.status);
  });
  const statuses = await Promise.all(tabs.map(call));
  assert.deepEqual(new Set(statuses.flat()), new Set([200]));
  assert.equal(refreshes.requests.length, 1);
});

test('a token is renewed before it ends, and one that is refused in mid-use is', async t => {
  const { context, page } = await open(t);
  await page.clock.install();
  await signedIn(page);
  const refreshes = count(context, 'POST', '/auth/refresh');
  const refused = [];
  context.on('response', response => response.status() === 401 && refused.push(response.url()));
  await addTask(page, 'before');
  assert.equal(refreshes.requests.length, 0);
  await page.clock.fastForward('13:30');
  await addTask(page, 'in the last two minutes');
  assert.equal(refreshes.requests.length, 0);
  await page.clock.fastForward('01:10');
  await addTask(page, 'in the last half minute');
  assert.equal(refreshes.requests.length, 1);
  assert.deepEqual(refused, []);

  await revoke(await accessToken(page));
  await addTask(page, 'with a token that is refused');
  assert.equal(refreshes.requests.length, 2);
  assert.equal(refused.length, 1);
  await page.reload();
  await page.getByRole('checkbox', { name: 'with a token that is refused' }).waitFor();
  assert.equal(await page.getByRole('checkbox').count(), 4, 'nothing was done twice');
});

test('a reload keeps the user signed in, also in the middle of a refresh', async t => {
  const { context, page } = await open(t);
  const user = await signedIn(page);
  for (let reloads = 0; reloads < 3; reloads += 1) {
    await page.reload();
    await page.getByText(user.username).waitFor();
  }
  // The server has answered, and the page that asked is gone: the old token comes once more.
  await revoke(await accessToken(page));
  const before = await refreshCookie(context);
  await context.route('**/auth/refresh', async route => {
    await route.fetch();
    await route.abort();
  }, { times: 1 });
  await page.getByRole('link', { name: 'Sessions' }).click();
  await page.getByText('The server can’t be reached').first().waitFor();
  await context.addCookies([before]);
  await page.reload();
  await page.getByText(user.username).waitFor();
});

test('offline nothing is lost, and back online all goes on', async t => {
  const { context, page } = await open(t);
  await page.clock.install();
  await signedIn(page);
  await addTask(page, 'Pack');
  await context.setOffline(true);
  await page.getByText('You are offline.').waitFor();
  await field(page, 'What is to be done').fill('Leave');
  await page.keyboard.press('Enter');
  await page.locator('#add .failure').filter({ hasText: 'The server can’t be reached.' }).waitFor();
  assert.equal(await field(page, 'What is to be done').inputValue(), 'Leave');
  // The token ends meanwhile: whoever can't ask is not signed out for that.
  await page.clock.fastForward('20:00');
  await page.keyboard.press('Enter');
  await page.locator('#add .failure').filter({ hasText: 'The server can’t be reached.' }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.locator('#notice').filter({ hasText: 'The server can’t be reached.' }).waitFor();
  await context.setOffline(false);
  await page.getByText('You are online again.').waitFor();
  await field(page, 'What is to be done').press('Enter');
  await page.getByRole('checkbox', { name: 'Leave' }).waitFor();
  assert.equal(await page.getByRole('checkbox').count(), 2);
});

test('a server that fails signs nobody out', async t => {
  const { context, page } = await open(t);
  await signedIn(page);
  await revoke(await accessToken(page));
  const asked = count(context, 'GET', '/auth/sessions');
  const busy = { status: 503, headers: { 'Retry-After': '1' }, json: { error: 'temporarily_unavailable', error_description: '' } };
  await context.route('**/auth/refresh', route => route.fulfill(busy), { times: 2 });
  await page.getByRole('link', { name: 'Sessions' }).click();
  await page.getByText('The server is busy.').waitFor();
  assert.equal(asked.requests.length, 1, 'it is not repeated without a token');
  // Whether somebody is signed in is not known then: no form to sign in, and no tasks either.
  await page.reload();
  await heading(page, 'The server can’t be reached');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('This one', { exact: true }).waitFor();
});

test('a refresh token that was stolen and used ends the session of both, and the page says why', async t => {
  const { context, page } = await open(t);
  await signedIn(page, STRICT_TASKS_URL);
  const mine = await accessToken(page);
  const stolen = await refreshCookie(context);
  const exchange = token => post(`${STRICT_TASKS_URL}/auth/refresh`, { refresh_token: token });
  const thief = await exchange(stolen.value);
  assert.equal(thief.status, 200);
  const asThief = () => fetch(`${STRICT_TASKS_URL}/tasks`, { headers: { Authorization: `Bearer ${thief.body.access_token}` } });
  assert.equal((await asThief()).status, 200);

  await revoke(mine, STRICT_TASKS_URL);
  await page.getByRole('link', { name: 'Sessions' }).click();
  await heading(page, 'Sign in');
  await page.getByText(ENDED).waitFor();
  assert.equal(await refreshCookie(context), undefined);
  assert.equal((await asThief()).status, 401);
  const again = await exchange(thief.body.refresh_token);
  assert.deepEqual([again.status, again.body.error], [400, 'invalid_grant']);
});

test('a thief who comes after the owner is told nothing, and the owner learns of it', async t => {
  const { context, page } = await open(t);
  const user = await signedIn(page, STRICT_TASKS_URL);
  const stolen = await refreshCookie(context);
  await page.reload();
  await page.getByText(user.username).waitFor();
  const thief = await post(`${STRICT_TASKS_URL}/auth/refresh`, { refresh_token: stolen.value });
  assert.equal(thief.status, 400);
  await field(page, 'What is to be done').fill('A long text');
  await page.keyboard.press('Enter');
  await heading(page, 'Sign in');
  await page.getByText(ENDED).waitFor();
  // What was typed is there again for the same user.
  await signIn(page, user, STRICT_TASKS_URL);
  assert.equal(await field(page, 'What is to be done').inputValue(), 'A long text');
});

test('signing in and out is seen in every tab', async t => {
  const { context, page } = await open(t);
  const other = await context.newPage();
  await other.goto(`${TASKS_URL}/`);
  await heading(other, 'Sign in');
  const user = await signedIn(page);
  await other.getByText(user.username).waitFor();
  await addTask(other, 'Secret');
  await field(other, 'What is to be done').fill('Half a thought');
  await page.getByRole('button', { name: 'Sign out' }).click();
  for (const tab of [page, other]) {
    await heading(tab, 'Sign in');
    await tab.getByText('You are signed out.').waitFor();
    assert.doesNotMatch(await tab.content(), new RegExp(`Secret|${user.username}`));
  }
  assert.equal(await refreshCookie(context), undefined);
  await other.reload();
  await heading(other, 'Sign in');
  await signedIn(page);
  await heading(other, 'Tasks');
  assert.equal(await field(other, 'What is to be done').inputValue(), '', 'it was somebody else’s');
});

for (const [button, method, path] of [['Sign out', 'POST', '/auth/logout'], ['Sign out everywhere', 'DELETE', '/auth/sessions']]) {
  test(`a refresh that is under way in one tab does not sign in who does “${button}” in another`, async t => {
    const { context, page } = await open(t);
    await signedIn(page);
    const other = await context.newPage();
    await other.goto(`${TASKS_URL}/`);
    await heading(other, 'Tasks');
    const token = await accessToken(other);
    await show(other, 'Sessions');
    await other.getByText('This one', { exact: true }).waitFor();
    await revoke(token);
    const ends = count(context, method, path);
    const gate = await hold(context, '/auth/refresh', 'answer');
    await page.getByRole('link', { name: 'Sessions' }).click();
    await gate.arrived;
    await other.getByRole('button', { name: button, exact: true }).click();
    await other.evaluate(() => new Promise(done => setTimeout(done, 200)));
    assert.equal(ends.requests.length, 0, 'the answer, with its cookie, comes first');
    gate.go();
    for (const tab of [page, other]) await heading(tab, 'Sign in');
    assert.equal(await refreshCookie(context), undefined);
    await page.reload();
    await heading(page, 'Sign in');
  });
}

test('signing out everywhere reaches another browser with its next request', async t => {
  const { page } = await open(t);
  const { context: elsewhere, page: other } = await open(t);
  const user = await signedIn(page);
  await signIn(other, user);
  await show(page, 'Sessions');
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await heading(page, 'Sign in');
  await page.getByText('You are signed out.').waitFor();
  await field(other, 'What is to be done').fill('Too late');
  await other.keyboard.press('Enter');
  await heading(other, 'Sign in');
  await other.getByText('it was signed out from another device').waitFor();
  assert.equal(await refreshCookie(elsewhere), undefined);
});

test('a tab that missed a change of users does nothing in the name of the other', async t => {
  const { context, page } = await open(t);
  const alice = await signedIn(page);
  const deaf = await context.newPage();
  // As one that was frozen while the others told.
  await deaf.addInitScript(() => {
    globalThis.BroadcastChannel = class { postMessage() {} };
  });
  await deaf.goto(`${TASKS_URL}/`);
  await deaf.getByText(alice.username).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await heading(page, 'Sign in');
  const bob = await newUser();
  await signIn(page, bob);
  await field(deaf, 'What is to be done').fill('Alice’s secret');
  await deaf.keyboard.press('Enter');
  await deaf.getByText(bob.username).waitFor();
  assert.equal(await deaf.getByRole('checkbox').count(), 0);
  await page.reload();
  await page.getByText('Nothing yet.').waitFor();
});

test('a tab that holds the lock for ever stops no other', async t => {
  const { context, page } = await open(t);
  const user = await newUser();
  const frozen = await context.newPage();
  await frozen.goto(`${TASKS_URL}/health`);
  await page.goto(`${TASKS_URL}/health`);
  await frozen.evaluate(() => new Promise(held => {
    void navigator.locks.request(`auth ${location.origin}/auth/`, () => {
      held();
      return new Promise(() => {});
    });
  }));
  const signedIn = await page.evaluate(async ({ username, password }) => {
    // Patience is long: let it end at once.
    AbortSignal.timeout = milliseconds => milliseconds === 15_000 ? AbortSignal.abort(new DOMException('', 'TimeoutError')) : new AbortController().signal;
    const { AuthClient } = await import('/auth-client.js');
    const auth = new AuthClient();
    await auth.login(username, password);
    return (await auth.fetch('/tasks')).status;
  }, user);
  assert.equal(signedIn, 200);
});
