// What other sites, injected scripts and curious eyes get: nothing.
import { createServer } from 'node:http';

import { accessToken, addTask, heading, refreshCookie, show, signedIn } from './page.js';
import { PASSWORD, TASKS_URL, assert, newUser, open, test } from './support.js';

// A server with one page, on a port of its own: the same site as the service at 127.0.0.1, and another one at localhost.
async function evil(t) {
  const cookies = [];
  const server = createServer((request, response) => {
    cookies.push(request.headers.cookie ?? '');
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><title>Evil</title>');
  });
  await new Promise(listening => server.listen(0, listening));
  t.after(() => server.close());
  const { port } = server.address();
  return { sameSite: `http://127.0.0.1:${port}/`, crossSite: `http://localhost:${port}/`, cookies };
}

test('a page of another origin neither refreshes, nor signs out, nor signs in', async t => {
  const { context, page, faults } = await open(t);
  const user = await signedIn(page);
  const mallory = await newUser();
  const before = await refreshCookie(context);
  const { sameSite, crossSite, cookies } = await evil(t);
  for (const origin of [sameSite, crossSite]) {
    const foreign = await context.newPage();
    await foreign.goto(origin);
    const isSameSite = origin === sameSite;
    // SameSite=Strict lets it through to the same site: there the service itself has to refuse.
    assert.equal(cookies.at(-1).includes('__Host-refresh='), isSameSite);
    const attack = async (path, body) => {
      const answered = foreign.waitForResponse(`${TASKS_URL}${path}`);
      // As a form does it that is sent by itself, so that no preflight asks.
      await foreign.evaluate(([url, body]) => fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body }).catch(() => {}), [`${TASKS_URL}${path}`, body]);
      return (await answered).status();
    };
    // A cookie without proof, or no cookie at all.
    assert.equal(await attack('/auth/refresh', ''), isSameSite ? 403 : 400);
    assert.equal(await attack('/auth/logout', ''), isSameSite ? 403 : 400);
    // Signing the user in as somebody else, to see what they write: by a form, and by a script.
    const login = JSON.stringify({ username: mallory.username, password: PASSWORD });
    assert.ok([403, 415].includes(await attack('/auth/login', login)));
    const scripted = await foreign.evaluate(([url, body]) => fetch(url, {
      method: 'POST', credentials: 'include', headers: { 'Content-Type': 'application/json' }, body,
    }).then(() => 'sent', () => 'refused'), [`${TASKS_URL}/auth/login`, login]);
    assert.equal(scripted, 'refused');
    const framed = await foreign.evaluate(url => new Promise(done => {
      const frame = document.createElement('iframe');
      frame.onload = () => done(frame.contentDocument === null ? 'blocked' : 'loaded');
      frame.src = url;
      document.body.append(frame);
    }), TASKS_URL);
    assert.equal(framed, 'blocked');
    await foreign.close();
  }
  assert.deepEqual(await refreshCookie(context), before);
  await page.reload();
  await page.getByText(user.username).waitFor();
  // The browser says of each attempt that it was blocked.
  assert.ok(faults.length > 0 && faults.every(fault => /CORS|frame-ancestors|Framing|refused to connect/i.test(fault)), faults.join('\n'));
  faults.length = 0;
});

test('a script that got into the HTML does not run', async t => {
  const { page, faults } = await open(t);
  await page.addInitScript(() => {
    globalThis.violations = [];
    document.addEventListener('securitypolicyviolation', event => globalThis.violations.push(event.effectiveDirective));
  });
  await page.route(`${TASKS_URL}/`, async route => {
    const response = await route.fetch();
    const injected = '<script>injected = "inline"</script><script src="http://localhost:9/x.js"></script>' +
      '<img src="/missing" onerror="injected = \'handler\'"><a id="link" href="javascript:injected = 1">a</a>' +
      '<base href="http://localhost:9/"><form id="leak" action="http://localhost:9/"><input name="x"></form><style>main { display: none }</style>';
    await route.fulfill({ response, body: (await response.text()).replace('<body>', `<body>${injected}`) });
  });
  await page.goto(`${TASKS_URL}/`);
  await heading(page, 'Sign in');
  await page.locator('#link').evaluate(link => link.click());
  await page.locator('#leak').evaluate(form => form.submit());
  const text = await page.evaluate(() => {
    const outcomes = [() => { document.body.innerHTML = '<b>b</b>'; }, () => { document.createElement('script').text = '1'; }];
    return outcomes.map(outcome => { try { outcome(); return 'done'; } catch (error) { return error.name; } });
  });
  assert.deepEqual(text, ['TypeError', 'TypeError']);
  assert.equal(await page.evaluate(() => globalThis.injected), undefined);
  assert.equal(page.url(), `${TASKS_URL}/`);
  const violated = await page.evaluate(() => globalThis.violations);
  for (const directive of ['script-src-elem', 'script-src-attr', 'base-uri', 'form-action', 'style-src-elem', 'require-trusted-types-for']) {
    assert.ok(violated.includes(directive), `${directive}: ${violated}`);
  }
  faults.length = 0;
});

test('the files of the page are for this origin and for today', async () => {
  for (const [path, type] of [['/', 'text/html'], ['/style.css', 'text/css'], ['/page.js', 'text/javascript'], ['/icon.svg', 'image/svg+xml']]) {
    const first = await fetch(`${TASKS_URL}${path}`);
    assert.equal(first.status, 200);
    assert.ok(first.headers.get('content-type').startsWith(type));
    const policy = first.headers.get('content-security-policy').split('; ');
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'"]) {
      assert.ok(policy.includes(part), part);
    }
    assert.doesNotMatch(policy.join(), /unsafe|http|\*/);
    assert.equal(first.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(first.headers.get('referrer-policy'), 'no-referrer');
    assert.equal(first.headers.get('cache-control'), 'no-cache');
    const tag = first.headers.get('etag');
    const again = await fetch(`${TASKS_URL}${path}`, { headers: { 'If-None-Match': `"old", ${tag}` } });
    assert.deepEqual([again.status, again.headers.get('etag')], [304, tag]);
    assert.equal((await fetch(`${TASKS_URL}${path}`, { headers: { 'If-None-Match': '"old"' } })).status, 200);
  }
});

test('no token is where a script of the page, or somebody behind the user, could find it', async t => {
  const { context, page } = await open(t);
  const bodies = [];
  context.on('response', response => {
    if (/\/auth\/(login|refresh)$/.test(response.url())) bodies.push(response.json());
  });
  await signedIn(page);
  await addTask(page, 'Look around');
  await page.reload();
  await heading(page, 'Tasks');
  const token = await accessToken(page);
  const cookie = await refreshCookie(context);
  assert.deepEqual([cookie.httpOnly, cookie.secure, cookie.sameSite, cookie.path], [true, true, 'Strict', '/']);
  assert.ok(cookie.expires > Date.now() / 1000 + 29 * 24 * 60 * 60);
  const found = await page.evaluate(async () => JSON.stringify({
    cookies: document.cookie,
    local: { ...localStorage },
    session: { ...sessionStorage },
    databases: await indexedDB.databases(),
    caches: await caches.keys(),
    address: location.href,
    history: history.state,
    html: document.documentElement.outerHTML,
    globals: Object.values(globalThis).filter(value => typeof value === 'string'),
  }));
  for (const secret of [token, token.split('.')[2], cookie.value, PASSWORD]) assert.ok(!found.includes(secret), secret);
  const parsed = JSON.parse(found);
  assert.deepEqual([parsed.cookies, parsed.local, parsed.session, parsed.databases, parsed.caches], ['', {}, {}, [], []]);
  const answers = await Promise.all(bodies);
  assert.equal(answers.length, 3, 'a look at who is there, a login, a reload');
  for (const answer of answers) assert.ok(!('refresh_token' in answer));
  assert.ok(answers.some(answer => 'access_token' in answer));
});

test('nothing leaves for another origin, and no policy is violated in normal use', async t => {
  const { context, page } = await open(t);
  const origins = new Set();
  context.on('request', request => origins.add(new URL(request.url()).origin));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', event => { document.title = `violated: ${event.effectiveDirective}`; });
  });
  await signedIn(page);
  await addTask(page, 'Everything');
  await show(page, 'Sessions');
  assert.doesNotMatch(await page.title(), /violated/);
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await heading(page, 'Sign in');
  assert.doesNotMatch(await page.title(), /violated/);
  assert.deepEqual([...origins], [TASKS_URL]);
});
