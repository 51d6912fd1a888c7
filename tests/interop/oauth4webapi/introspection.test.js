// What a token is good for (RFC 7662).
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PEER } from '../support/peer.js';
import { discover } from './server.js';
import {
  BACKEND, GATEWAY, UNKNOWN, challenged, failsWith, introspect, logIn, newUser, refresh, revoke,
} from './support.js';

const as = await discover();

for (const [name, gateway] of [['header', GATEWAY], ['body', GATEWAY.byPost]]) {
  test(`an access token, asked with a secret in the ${name}`, async () => {
    const user = await newUser();
    const tokens = await logIn(as, UNKNOWN, user, { scope: 'orders:read reports:read' });
    const answer = await introspect(as, gateway, tokens.access_token);
    assert.equal(answer.active, true);
    assert.equal(answer.username, user.username);
    assert.equal(answer.client_id, UNKNOWN.client.client_id);
    assert.equal(answer.scope, 'orders:read reports:read');
    assert.equal(answer.iss, as.issuer);
    assert.equal(answer.aud, `${PEER}/api`);
    assert.equal(answer.token_type.toLowerCase(), 'bearer');
    assert.equal(answer.exp - answer.iat, 900);
    assert.equal(typeof answer.jti, 'string');
  });
}

test('tokens that are over, changed, unknown or no tokens', async () => {
  const tokens = await logIn(as, UNKNOWN, await newUser());
  const inactive = async (token) =>
    assert.deepEqual(await introspect(as, GATEWAY, token), { active: false });
  await inactive('no-such-token');
  await inactive(`${tokens.access_token}A`);
  // Of another client than the one that asks.
  await inactive(tokens.refresh_token);
  await revoke(as, UNKNOWN, tokens.refresh_token);
  await inactive(tokens.access_token);
});

test('a refresh token, to its own client', async () => {
  const user = await newUser();
  const tokens = await logIn(as, GATEWAY, user);
  const answer = await introspect(as, GATEWAY, tokens.refresh_token);
  assert.equal(answer.active, true);
  assert.equal(answer.username, user.username);
  await refresh(as, GATEWAY, tokens.refresh_token);
  const used = await introspect(as, GATEWAY, tokens.refresh_token);
  assert.deepEqual(used, { active: false });
});

test('who may not ask', async () => {
  const { access_token: token } = await logIn(as, UNKNOWN, await newUser());
  await failsWith('unauthorized_client', 403, introspect(as, BACKEND, token));
  for (const from of [UNKNOWN, GATEWAY.wrong, GATEWAY.wrongByPost, GATEWAY.unproved]) {
    await challenged('basic', 401, introspect(as, from, token));
  }
});
