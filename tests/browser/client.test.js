// `auth-client.ts` in node, against the running example: what there is of it without a browser.
import { getEventListeners, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

import { PASSWORD, TASKS_URL, assert, newUser, post, test } from './support.js';

const script = await readFile(new URL('../../examples/tasks/page/auth-client.js', import.meta.url));
const { AuthClient, AuthError, checked } = await import(`data:text/javascript;base64,${script.toString('base64')}`);

// What a browser has, as far as one origin needs it: a cookie, and the header that says whose page it is.
function browserless() {
  const jar = { cookie: undefined, requests: [], before: async () => {} };
  jar.fetch = async (url, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set('Origin', new URL(url).origin);
    if (jar.cookie) headers.set('Cookie', jar.cookie);
    jar.requests.push(`${init.method ?? 'GET'} ${new URL(url).pathname}`);
    await jar.before(new URL(url).pathname);
    const response = await fetch(url, { ...init, headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair] = cookie.split(';');
      jar.cookie = /Max-Age=0\b/.test(cookie) ? undefined : pair;
    }
    return response;
  };
  jar.refreshes = () => jar.requests.filter(request => request === 'POST /auth/refresh').length;
  return jar;
}

// A client whose user is signed in, and what it told of that.
async function signedIn() {
  const [user, jar, changes] = [await newUser(), browserless(), []];
  const auth = new AuthClient({ url: `${TASKS_URL}/auth`, fetch: jar.fetch, onchange: (id, why) => changes.push([id !== null, why]) });
  await auth.login(user.username, user.password);
  assert.deepEqual(changes, [[true, undefined]]);
  return { user, jar, auth, changes };
}

// Makes the server refuse the access token that is in use, and not the session.
async function revoke(auth) {
  const sessions = await auth.fetch('/auth/me');
  assert.equal(sessions.status, 200);
  let token;
  const { fetch: own } = auth.options;
  auth.options.fetch = async (url, init) => {
    token = new Headers(init.headers).get('Authorization').replace('Bearer ', '');
    return own(url, init);
  };
  await auth.fetch('/auth/me');
  auth.options.fetch = own;
  const revoked = await fetch(`${TASKS_URL}/auth/revoke`, { method: 'POST', body: new URLSearchParams({ token }) });
  assert.equal(revoked.status, 200);
  return token;
}

// A server for one test, and what it is sent.
async function serve(t, answer) {
  const received = [];
  const server = createServer(async (request, response) => {
    received.push(`${request.method} ${request.url} ${await request.setEncoding('utf8').toArray().then(parts => parts.join(''))}`);
    const { status = 200, headers = {}, body = {} } = answer(request);
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, received };
}

// As `LoginRouter` answers, without a signature.
const tokens = payload => ({ access_token: `e30.${btoa(JSON.stringify(payload))}.`, expires_in: 900 });

const failure = (code, status) => error => error instanceof AuthError && error.code === code && error.status === status;

// Keeps refreshes from the server until `go` is called; `refreshing` tells of the first.
function holdRefreshes(jar) {
  let go;
  const held = new Promise(done => { go = done; });
  let arrived;
  const refreshing = new Promise(done => { arrived = done; });
  jar.before = async path => {
    if (path !== '/auth/refresh') return;
    arrived();
    await held;
  };
  return { refreshing, go };
}

test('signs in, asks with the token, and signs out', async () => {
  const { auth, jar, changes } = await signedIn();
  assert.match(jar.cookie, /^__Host-refresh=./);
  const made = await auth.fetch('/tasks', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"title":"learn"}' });
  assert.equal(made.status, 201);
  assert.equal((await (await checked(await auth.fetch(new URL('/tasks', TASKS_URL)))).json()).length, 1);
  await auth.signOut();
  assert.deepEqual(changes, [[true, undefined], [false, 'signed_out']]);
  assert.equal(jar.cookie, undefined);
  const before = jar.requests.length;
  await assert.rejects(auth.fetch('/tasks'), failure('signed_out', 0));
  assert.equal(jar.requests.length, before, 'nobody asks in vain');
});

test('a client that begins anew finds the session by its cookie', async () => {
  const { jar } = await signedIn();
  const auth = new AuthClient({ url: `${TASKS_URL}/auth/`, fetch: jar.fetch });
  assert.match(await auth.restore(), /./);
  assert.equal((await auth.fetch('/tasks')).status, 200);
  const nobody = new AuthClient({ url: `${TASKS_URL}/auth`, fetch: browserless().fetch });
  assert.equal(await nobody.restore(), null);
  await assert.rejects(nobody.fetch('/tasks'), failure('signed_out', 0));
});

test('twenty callers whose token is refused make one refresh, and each asks once more', async () => {
  const { auth, jar } = await signedIn();
  await revoke(auth);
  jar.requests.length = 0;
  const answers = await Promise.all(Array.from({ length: 20 }, () => auth.fetch('/tasks')));
  assert.deepEqual(new Set(answers.map(answer => answer.status)), new Set([200]));
  assert.equal(jar.refreshes(), 1);
  assert.equal(jar.requests.filter(request => request === 'GET /tasks').length, 40);
});

test('a refusal that is not about the token is passed on', async () => {
  const { auth, jar } = await signedIn();
  jar.requests.length = 0;
  const forbidden = await auth.fetch('/items', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"name":"pen"}' });
  assert.equal(forbidden.status, 403);
  await assert.rejects(checked(forbidden), failure('insufficient_scope', 403));
  assert.deepEqual(jar.requests, ['POST /items']);
});

test('a body that can be read once is sent once', async () => {
  const { auth, jar } = await signedIn();
  await revoke(auth);
  jar.requests.length = 0;
  const stream = () => new Blob(['{"title":"stream"}']).stream();
  const init = () => ({ method: 'POST', headers: { 'Content-Type': 'application/json' }, body: stream(), duplex: 'half' });
  assert.equal((await auth.fetch('/tasks', init())).status, 401);
  assert.deepEqual(jar.requests, ['POST /tasks', 'POST /auth/refresh']);
  assert.equal((await auth.fetch('/tasks', init())).status, 201);
});

test('no other origin is sent the token', async () => {
  const { auth, jar } = await signedIn();
  const before = jar.requests.length;
  for (const url of ['https://other.example/tasks', '//other.example/', TASKS_URL.replace('http:', 'https:')]) {
    await assert.rejects(auth.fetch(url), TypeError);
  }
  assert.equal(jar.requests.length, before);
});

test('no redirect takes a password, a token or a body to another origin', async t => {
  const elsewhere = await serve(t, () => ({ body: tokens({ sub: 'mallory' }) }));
  let path = '/auth/login';
  const server = await serve(t, request => request.url === path
    ? { status: 307, headers: { Location: `${elsewhere.url}${path}` } } : { body: tokens({ sub: 'alice' }) });
  const auth = new AuthClient({ url: `${server.url}/auth`, fetch: browserless().fetch });
  await assert.rejects(auth.login('alice', PASSWORD), failure('network', 0));
  path = '/auth/refresh';
  await auth.login('alice', PASSWORD);
  const renewed = new AuthClient({ url: `${server.url}/auth`, fetch: browserless().fetch });
  await assert.rejects(renewed.restore(), failure('network', 0));
  path = '/tasks';
  const task = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"title":"secret"}' };
  await assert.rejects(auth.fetch('/tasks', task), TypeError);
  assert.deepEqual(elsewhere.received, []);
  // Whoever wants that says so. The header with the token stays behind even then.
  const shown = await auth.fetch('/tasks', { ...task, redirect: 'manual' });
  assert.equal(shown.status, 307);
  assert.equal((await auth.fetch('/tasks', { ...task, redirect: 'follow' })).status, 200);
  assert.deepEqual(elsewhere.received, [`POST /tasks ${task.body}`]);
});

test('without an answer, or with one of 5xx, the user stays signed in and nothing is repeated', async () => {
  const { auth, jar, changes } = await signedIn();
  await revoke(auth);
  const { fetch: own } = jar;
  for (const [answer, expected] of [
    [() => Promise.reject(new TypeError('fetch failed')), failure('network', 0)],
    [async () => Response.json({ error: 'temporarily_unavailable' }, { status: 503, headers: { 'Retry-After': '7' } }),
      error => failure('temporarily_unavailable', 503)(error) && error.retryAfter === 7],
    [async () => new Response('<html>', { status: 502 }), failure('server_error', 502)],
  ]) {
    auth.options.fetch = async (url, init) => String(url).endsWith('/refresh') ? answer() : own(url, init);
    jar.requests.length = 0;
    await assert.rejects(auth.fetch('/tasks'), expected);
    assert.deepEqual(jar.requests, ['GET /tasks']);
    await assert.rejects(auth.restore(), expected);
  }
  auth.options.fetch = own;
  assert.equal((await auth.fetch('/tasks')).status, 200);
  assert.deepEqual(changes, [[true, undefined]]);
});

test('an answer that says nothing of what is wrong is an error of the server', async () => {
  const { auth, jar, changes } = await signedIn();
  for (const body of ['null', '"text"', '5', '[]', '', '<html>']) {
    await assert.rejects(checked(new Response(body, { status: 503 })), error => {
      assert.equal(error.retryAfter, undefined, 'it does not say when to come again');
      return failure('server_error', 503)(error);
    });
  }
  const { fetch: own } = jar;
  const session = jar.cookie;
  for (const body of ['null', '{}', '<html>', '{"access_token":"opaque","expires_in":900}', '{"access_token":"a.%.c","expires_in":900}',
    JSON.stringify(tokens({ sub: 5 })), JSON.stringify({ ...tokens({ sub: 'alice' }), expires_in: undefined })]) {
    auth.options.fetch = async () => new Response(body, { status: 200 });
    await assert.rejects(auth.restore(), failure('server_error', 200), body);
    await assert.rejects(auth.login('alice', PASSWORD), failure('server_error', 200), body);
  }
  auth.options.fetch = async () => new Response(new ReadableStream({ start: body => body.error(new TypeError('terminated')) }));
  await assert.rejects(auth.restore(), failure('network', 0), 'an answer that breaks off is none');
  auth.options.fetch = own;
  assert.equal(jar.cookie, session);
  assert.match(await auth.restore(), /./);
  assert.deepEqual(changes, [[true, undefined]]);
});

test('a refresh whose answer never comes is given up while its token may come again', async t => {
  const { auth, jar, changes } = await signedIn();
  await revoke(auth);
  const { fetch: own } = jar;
  const session = jar.cookie;
  const clock = setInterval(() => {}, 1000); // The patience of a signal alone keeps no process alive.
  t.after(() => clearInterval(clock));
  auth.options.fetch = async (url, init) => {
    const answer = await own(url, init);
    if (!String(url).endsWith('/refresh')) return answer;
    assert.equal(answer.status, 200);
    jar.cookie = session;
    return new Promise((_, no) => init.signal.addEventListener('abort', () => no(init.signal.reason)));
  };
  await assert.rejects(auth.fetch('/tasks'), failure('network', 0));
  auth.options.fetch = own;
  assert.equal((await auth.fetch('/tasks')).status, 200);
  assert.notEqual(jar.cookie, session);
  assert.deepEqual(changes, [[true, undefined]]);
});

test('a refresh that fails is shared too', async () => {
  const { auth, jar } = await signedIn();
  await revoke(auth);
  const { fetch: own } = jar;
  let attempts = 0;
  let refused = 0;
  let all;
  const allRefused = new Promise(done => { all = done; });
  auth.options.fetch = async (url, init) => {
    if (String(url).endsWith('/refresh')) {
      attempts += 1;
      await allRefused;
      throw new TypeError('fetch failed');
    }
    const response = await own(url, init);
    refused += 1;
    if (refused === 20) setTimeout(all, 20);
    return response;
  };
  await Promise.all(Array.from({ length: 20 }, () => assert.rejects(auth.fetch('/tasks'), failure('network', 0))));
  assert.equal(attempts, 1);
});

test('shortly before its end the old token does where there is no new one', async t => {
  const { auth, jar } = await signedIn();
  const { fetch: own } = jar;
  auth.options.fetch = async (url, init) => {
    if (String(url).endsWith('/refresh')) throw new TypeError('fetch failed');
    return own(url, init);
  };
  const now = Date.now;
  t.after(() => { Date.now = now; });
  Date.now = () => now() + (14 * 60 + 45) * 1000;
  assert.equal((await auth.fetch('/tasks')).status, 200);
  Date.now = () => now() + 15 * 60 * 1000;
  await assert.rejects(auth.fetch('/tasks'), failure('network', 0));
});

test('clients with cookies of their own know nothing of each other', async () => {
  const changes = [];
  const bystander = new AuthClient({ url: `${TASKS_URL}/auth`, fetch: browserless().fetch, onchange: user => changes.push(user) });
  await signedIn();
  await new Promise(done => setTimeout(done, 20));
  assert.equal(await bystander.restore(), null);
  assert.deepEqual(changes, [null]);
});

test('signing out without an answer rejects, and changes nothing', async () => {
  const { auth, jar, changes } = await signedIn();
  const { fetch: own } = jar;
  auth.options.fetch = async () => { throw new TypeError('fetch failed'); };
  await assert.rejects(auth.signOut(), failure('network', 0));
  await assert.rejects(auth.signOut(true), TypeError);
  auth.options.fetch = own;
  assert.equal((await auth.fetch('/tasks')).status, 200);
  assert.deepEqual(changes, [[true, undefined]]);
});

test('who stops waiting does not stop the refresh that others wait for', async () => {
  const { auth, jar } = await signedIn();
  await revoke(auth);
  const { refreshing, go } = holdRefreshes(jar);
  const impatient = new AbortController();
  const one = auth.fetch('/tasks', { signal: impatient.signal });
  const other = auth.fetch('/tasks');
  await refreshing;
  impatient.abort(new Error('tired'));
  await assert.rejects(one, /tired/);
  go();
  assert.equal((await other).status, 200);
  assert.equal(jar.refreshes(), 1);
});

test('whoever waits for a token listens no longer than that', async () => {
  const { auth, jar } = await signedIn();
  const { fetch: own } = jar;
  // The signal is for the client alone: `fetch` has listeners of its own.
  auth.options.fetch = (url, { signal, ...init }) => own(url, init);
  const { signal } = new AbortController();
  for (let renewals = 1; renewals <= 2; renewals += 1) {
    await revoke(auth);
    assert.equal((await auth.fetch('/tasks', { signal })).status, 200);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  }
  assert.equal(jar.refreshes(), 2);
  await auth.signOut();
  await assert.rejects(auth.fetch('/tasks', { signal }), failure('signed_out', 0));
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  await assert.rejects(auth.fetch('/tasks', { signal: AbortSignal.abort(new Error('tired')) }), /tired/);
});

test('what ends sessions waits for a refresh that is under way', async () => {
  for (const signOut of [auth => auth.signOut(), auth => auth.signOut(true)]) {
    const { auth, jar, changes } = await signedIn();
    await revoke(auth);
    const { refreshing, go } = holdRefreshes(jar);
    const asked = auth.fetch('/tasks');
    await refreshing;
    jar.requests.length = 0;
    const signedOut = signOut(auth);
    await new Promise(done => setTimeout(done, 50));
    assert.deepEqual(jar.requests, [], 'its answer would be followed by the cookie of the refresh');
    go();
    await Promise.allSettled([asked, signedOut]);
    await signedOut;
    assert.equal(jar.cookie, undefined);
    assert.deepEqual(changes, [[true, undefined], [false, 'signed_out']]);
  }
});

test('a refresh that is under way does not sign in whoever signs out', async () => {
  const { auth, jar, changes } = await signedIn();
  await revoke(auth);
  jar.before = async path => {
    if (path === '/auth/refresh') await new Promise(done => setTimeout(done, 50));
  };
  const [asked] = await Promise.allSettled([auth.fetch('/tasks'), auth.signOut()]);
  // It was asked before, and may have been answered before.
  assert.ok(asked.status === 'fulfilled' || asked.reason.code === 'signed_out');
  assert.deepEqual(changes, [[true, undefined], [false, 'signed_out']]);
  assert.equal(jar.cookie, undefined);
  assert.equal(await auth.restore(), null);
});

test('what was asked for one user is neither sent nor shown in the name of another', async () => {
  const { auth, jar } = await signedIn();
  const bob = await newUser();
  await revoke(auth);
  // The cookie is now another's, as when another page signed in.
  const other = new AuthClient({ url: `${TASKS_URL}/auth`, fetch: jar.fetch });
  await other.restore();
  await other.login(bob.username, bob.password);
  jar.requests.length = 0;
  const task = auth.fetch('/tasks', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"title":"of alice"}' });
  await assert.rejects(task, failure('signed_out', 0));
  assert.deepEqual(await (await other.fetch('/tasks')).json(), []);
});

test('an end of the session is told once, and so is what a limit says', async () => {
  const { auth, user, jar, changes } = await signedIn();
  const elsewhere = new AuthClient({ url: `${TASKS_URL}/auth`, fetch: browserless().fetch });
  await elsewhere.login(user.username, user.password);
  await elsewhere.signOut(true);
  await Promise.all([1, 2, 3].map(() => assert.rejects(auth.fetch('/tasks'), failure('signed_out', 0))));
  assert.deepEqual(changes, [[true, undefined], [false, 'session_ended']]);
  assert.equal(jar.cookie, undefined);
  let error;
  for (let attempts = 0; attempts < 10 && error?.status !== 429; attempts += 1) {
    error = await auth.login(user.username, 'wrong').catch(error => error);
  }
  assert.ok(failure('too_many_requests', 429)(error) && error.retryAfter > 0, String(error));
});

test('a field that breaks a rule is named', async () => {
  const answer = await fetch(`${TASKS_URL}/auth/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username: `user-${crypto.randomUUID().slice(0, 8)}`, password: 'short' }),
  });
  await assert.rejects(checked(answer), error => failure('invalid_field', 422)(error) && error.field === 'password');
});

test('the router keeps the cookie from whoever proves nothing', async () => {
  const user = await newUser();
  const foreign = { origin: 'https://evil.example' };
  assert.equal((await post(`${TASKS_URL}/auth/login`, { username: user.username, password: PASSWORD }, foreign)).status, 403);
});
