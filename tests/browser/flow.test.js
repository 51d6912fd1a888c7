// The whole way, as somebody goes it who has a keyboard and no mouse; and what the page says when something is wrong.
import { addTask, field, heading, show, signIn, signedIn } from './page.js';
import { PASSWORD, TASKS_URL, assert, newUser, open, test } from './support.js';

const name = () => `user-${crypto.randomUUID().slice(0, 8)}`;

// Presses Tab until the keyboard is there.
async function tabTo(page, locator) {
  for (let presses = 0; presses < 25; presses += 1) {
    if (await locator.evaluate(element => element === document.activeElement)) {
      const outline = await locator.evaluate(element => getComputedStyle(element).outlineStyle);
      assert.equal(outline, 'solid', 'it is to be seen where the keyboard is');
      return;
    }
    await page.keyboard.press('Tab');
  }
  assert.fail(`the keyboard does not get to ${locator}`);
}

async function isFocused(locator) {
  assert.ok(await locator.evaluate(async element => {
    for (let frames = 0; frames < 60 && element !== document.activeElement; frames += 1) await new Promise(requestAnimationFrame);
    return element === document.activeElement;
  }), `the keyboard is not at ${locator}`);
}

test('everything is done by keyboard', async t => {
  const { page } = await open(t);
  const user = name();
  const button = label => page.getByRole('button', { name: label, exact: true });
  await page.goto(`${TASKS_URL}/`);
  await isFocused(field(page, 'Name'));

  await tabTo(page, page.getByRole('link', { name: 'Create an account' }));
  await page.keyboard.press('Enter');
  await heading(page, 'Create an account');
  await isFocused(field(page, 'Name'));
  await page.keyboard.type(user);
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  assert.equal(await field(page, 'Password').getAttribute('type'), 'text');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await heading(page, 'Tasks');
  await isFocused(page.getByRole('heading', { name: 'Tasks' }));
  assert.match(await page.title(), /^Tasks/);
  await page.getByText('Nothing yet.').waitFor();
  await page.getByText(user).waitFor();

  await tabTo(page, field(page, 'What is to be done'));
  await page.keyboard.type('Water the plants');
  await page.keyboard.press('Enter');
  await page.getByText('Added: Water the plants').waitFor();
  await isFocused(field(page, 'What is to be done'));
  await page.keyboard.type('Call Ann');
  await page.keyboard.press('Enter');
  await page.getByText('2 of 2 to do').waitFor();
  await tabTo(page, page.getByRole('checkbox', { name: 'Water the plants' }));
  await page.keyboard.press('Space');
  await page.getByText('1 of 2 to do').waitFor();
  await tabTo(page, button('Delete Water the plants'));
  await page.keyboard.press('Enter');
  await page.getByText('Deleted: Water the plants').waitFor();
  await isFocused(button('Delete Call Ann'));
  await page.keyboard.press('Enter');
  await isFocused(field(page, 'What is to be done'));

  await page.reload();
  await heading(page, 'Tasks');
  await tabTo(page, page.getByRole('link', { name: 'Sessions' }));
  await page.keyboard.press('Enter');
  await heading(page, 'Where you are signed in');
  await isFocused(page.getByRole('heading', { name: 'Where you are signed in' }));
  await page.getByText('Chrome on Linux').waitFor();
  await page.getByText('This one', { exact: true }).waitFor();
  await page.goBack();
  await heading(page, 'Tasks');

  await tabTo(page, button('Sign out'));
  await page.keyboard.press('Enter');
  await heading(page, 'Sign in');
  await isFocused(field(page, 'Name'));
  await page.getByText('You are signed out.').waitFor();
  await page.keyboard.type(user);
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await heading(page, 'Tasks');
  assert.equal(await page.locator('#notice').textContent(), '');
});

test('what is wrong is said in words, at its field, and nothing typed is lost', async t => {
  const { page } = await open(t);
  const taken = await newUser();
  const failure = text => page.locator('.failure').filter({ hasText: text });
  await page.goto(`${TASKS_URL}/#register`);
  await heading(page, 'Create an account');

  await page.keyboard.press('Enter');
  await failure('This is needed.').waitFor();
  await isFocused(field(page, 'Name'));
  assert.equal(await field(page, 'Name').getAttribute('aria-invalid'), 'true');
  await field(page, 'Name').fill(taken.username);
  await field(page, 'Password').fill('short');
  await page.keyboard.press('Enter');
  await failure('The password needs at least 8 characters.').waitFor();
  await isFocused(field(page, 'Password'));
  const described = await field(page, 'Password').getAttribute('aria-describedby');
  assert.deepEqual(described.split(' '), ['register-hint', 'register-password-failure']);
  assert.equal(await field(page, 'Name').getAttribute('aria-invalid'), null);
  await field(page, 'Password').fill('password1');
  await page.keyboard.press('Enter');
  await failure('The password is on a list of common passwords.').waitFor();
  await field(page, 'Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await failure('This name is taken.').waitFor();
  await isFocused(field(page, 'Name'));
  assert.equal(await field(page, 'Password').inputValue(), PASSWORD);
  assert.equal(await field(page, 'Password').getAttribute('aria-describedby'), 'register-hint');

  await page.getByRole('link', { name: 'Sign in' }).click();
  await field(page, 'Name').fill(taken.username);
  await field(page, 'Password').fill('wrong');
  await page.keyboard.press('Enter');
  await failure('don’t belong together').waitFor();
  assert.equal(await field(page, 'Name').inputValue(), taken.username);
  const limited = failure(/Try again in \d+ (seconds?|minutes?)\./);
  for (let attempts = 0; attempts < 8 && await limited.count() === 0; attempts += 1) {
    const answered = page.waitForResponse(response => response.url().endsWith('/auth/login'));
    await page.keyboard.press('Enter');
    await answered;
    await page.locator('#sign-in:not([aria-busy=true])').waitFor();
  }
  await limited.waitFor();
});

test('a task is text, whatever is in it', async t => {
  const { page } = await open(t);
  await signedIn(page);
  const title = '<img src=x onerror="document.title=1"> & \u202e <b>bold</b>';
  await addTask(page, title);
  await page.reload();
  await page.getByRole('checkbox', { name: title }).waitFor();
  assert.equal(await page.locator('#task-list img, #task-list b').count(), 0);
  await field(page, 'What is to be done').evaluate(field => { field.removeAttribute('maxlength'); });
  await field(page, 'What is to be done').fill('x'.repeat(201));
  await page.keyboard.press('Enter');
  await page.locator('#add .failure').filter({ hasText: 'title of 1 to 200 characters' }).waitFor();
});

test('a session elsewhere is seen, and ended', async t => {
  const { page } = await open(t);
  const { page: other } = await open(t, { userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' });
  const user = await signedIn(page);
  await signIn(other, user);
  await show(page, 'Sessions');
  await page.getByRole('button', { name: /^End Firefox on Linux/ }).click();
  await page.getByText('Ended: Firefox on Linux').waitFor();
  assert.equal(await page.locator('#session-list li').count(), 1);
  await other.getByRole('link', { name: 'Sessions' }).click();
  await heading(other, 'Sign in');
  await other.getByText('Your session was ended').waitFor();
});

test('a new password is asked for with the old one, and ends what others have', async t => {
  const { page } = await open(t);
  const { page: other } = await open(t);
  const user = await signedIn(page);
  await signIn(other, user);
  await show(page, 'Sessions');
  await page.getByText('Change your password', { exact: true }).click();
  await field(page, 'Password until now').fill('wrong');
  await field(page, 'New password').fill('short');
  await page.keyboard.press('Enter');
  await page.locator('#new-password-failure').filter({ hasText: 'needs at least 8 characters' }).waitFor();
  await field(page, 'New password').fill('another long password');
  await page.keyboard.press('Enter');
  await page.locator('#current-password-failure').filter({ hasText: 'This is not your password.' }).waitFor();
  await isFocused(field(page, 'Password until now'));
  await field(page, 'Password until now').fill(user.password);
  await page.keyboard.press('Enter');
  await page.getByText('Your password is changed').waitFor();
  assert.equal(await page.locator('#session-list li').count(), 1);
  await show(page, 'Tasks');
  await other.getByRole('link', { name: 'Sessions' }).click();
  await other.getByText('Your session was ended').waitFor();
});

test('an account that was made without being signed in to says so', async t => {
  const { page } = await open(t);
  await page.goto(`${TASKS_URL}/#register`);
  const user = name();
  await page.route('**/auth/login', route => route.abort(), { times: 1 });
  await field(page, 'Name').fill(user);
  await field(page, 'Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await heading(page, 'Sign in');
  await page.getByText('The account is made').waitFor();
  await signIn(page, { username: user, password: PASSWORD });
});

test('a page without scripts sends no password anywhere', async t => {
  const { context, page } = await open(t, { javaScriptEnabled: false });
  const requests = [];
  context.on('request', request => requests.push(request.url()));
  await page.goto(`${TASKS_URL}/`);
  await page.locator('noscript p').waitFor();
  assert.ok(requests.every(url => ['/', '/style.css', '/icon.svg', '/page.js'].includes(new URL(url).pathname)), String(requests));
});
