// The token endpoint (RFC 6749): logging in, refreshing, and every refusal.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { discover } from './server.js';
import {
  BACKEND, GATEWAY, PAGE, UNKNOWN, call, challenged, failsWith, grant, logIn, newUser, refresh,
} from './support.js';

const as = await discover();

for (const [name, from, scope] of [
  ['a public client', PAGE, 'orders:read'],
  ['a client that nobody registered', UNKNOWN, 'orders:read orders:write reports:read'],
  ['a secret in the header', BACKEND, 'orders:read orders:write reports:read'],
  ['a secret in the body', BACKEND.byPost, 'orders:read orders:write reports:read'],
]) {
  test(`${name}: log in, refresh`, async () => {
    const first = await logIn(as, from, await newUser());
    assert.equal(first.scope, scope);
    assert.equal(first.expires_in, 900);
    const second = await refresh(as, from, first.refresh_token);
    assert.equal(second.scope, scope);
    assert.notEqual(second.refresh_token, first.refresh_token);
    for (const tokens of [first, second]) {
      const response = await call(tokens.access_token);
      assert.equal(response.status, 200);
      assert.equal(await response.text(), 'orders');
    }
  });
}

test('a scope narrows what is granted, and a refresh narrows it further', async () => {
  const all = 'orders:read orders:write';
  const first = await logIn(as, UNKNOWN, await newUser(), { scope: `${all} nobody:has` });
  assert.equal(first.scope, all);
  const second = await refresh(as, UNKNOWN, first.refresh_token, { scope: 'orders:read' });
  assert.equal(second.scope, 'orders:read');
});

test('a refresh token that is used again ends its session', async () => {
  const first = await logIn(as, UNKNOWN, await newUser());
  const second = await refresh(as, UNKNOWN, first.refresh_token);
  await refresh(as, UNKNOWN, second.refresh_token);
  await failsWith('invalid_grant', 400, refresh(as, UNKNOWN, first.refresh_token));
  const parameters = await challenged('bearer', 401, call(second.access_token));
  assert.equal(parameters.error, 'invalid_token');
});

test('refusals of a login', async () => {
  const user = await newUser();
  const wrong = { ...user, password: 'wrong' };
  await failsWith('invalid_grant', 400, logIn(as, UNKNOWN, wrong));
  await failsWith('invalid_grant', 400, logIn(as, UNKNOWN, { ...user, username: 'nobody' }));
  await failsWith('invalid_request', 400, logIn(as, UNKNOWN, { username: user.username }));
  await failsWith('invalid_scope', 400, logIn(as, UNKNOWN, user, { scope: 'nobody:has' }));
  await failsWith('invalid_scope', 400, logIn(as, UNKNOWN, user, { scope: 'back\\slash' }));
  await failsWith('invalid_scope', 400, logIn(as, PAGE, user, { scope: 'orders:write' }));
});

test('refusals of a refresh', async () => {
  const first = await logIn(as, UNKNOWN, await newUser());
  await failsWith('invalid_grant', 400, refresh(as, UNKNOWN, 'no-such-token'));
  await failsWith('invalid_grant', 400, refresh(as, UNKNOWN, first.access_token));
  await failsWith('invalid_grant', 400, refresh(as, PAGE, first.refresh_token));
  const beyond = { scope: 'reports:read orders:read nobody:has' };
  const narrow = await logIn(as, UNKNOWN, await newUser(), { scope: 'orders:read' });
  await failsWith('invalid_scope', 400, refresh(as, UNKNOWN, narrow.refresh_token, beyond));
});

test('refusals of a grant', async () => {
  const code = { code: 'x', redirect_uri: 'https://app.test/cb' };
  await failsWith('unsupported_grant_type', 400, grant(as, UNKNOWN, 'authorization_code', code));
  await failsWith('unsupported_grant_type', 400, grant(as, BACKEND, 'client_credentials', {}));
  await failsWith('invalid_request', 400, grant(as, UNKNOWN, 'refresh_token', {}));
});

test('a client that does not prove who it is', async () => {
  const user = await newUser();
  for (const from of [
    BACKEND.wrong, BACKEND.wrongByPost, BACKEND.unproved, GATEWAY.wrong, GATEWAY.unproved,
  ]) {
    // RFC 6749, section 5.2: with the scheme that clients have.
    const parameters = await challenged('basic', 401, logIn(as, from, user));
    assert.deepEqual(parameters, { realm: 'api' });
  }
  const { refresh_token: token } = await logIn(as, BACKEND, user);
  await challenged('basic', 401, refresh(as, BACKEND.unproved, token));
  await failsWith('invalid_grant', 400, refresh(as, GATEWAY, token));
});

test('too many wrong passwords', async () => {
  const user = await newUser();
  const wrong = { ...user, password: 'wrong' };
  for (let tried = 0; tried < 5; tried += 1) {
    await failsWith('invalid_grant', 400, logIn(as, UNKNOWN, wrong));
  }
  await failsWith('too_many_requests', 429, logIn(as, UNKNOWN, user));
});
