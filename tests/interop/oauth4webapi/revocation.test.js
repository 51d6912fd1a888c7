// Giving tokens back (RFC 7009).
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { discover } from './server.js';
import {
  BACKEND, PAGE, UNKNOWN, call, challenged, failsWith, logIn, newUser, refresh, revoke,
} from './support.js';

const as = await discover();

for (const [name, from] of [['a public client', UNKNOWN], ['a confidential client', BACKEND]]) {
  test(`${name}: a refresh token, and with it the session`, async () => {
    const tokens = await logIn(as, from, await newUser());
    await revoke(as, from, tokens.refresh_token, { token_type_hint: 'refresh_token' });
    await failsWith('invalid_grant', 400, refresh(as, from, tokens.refresh_token));
    const { error } = await challenged('bearer', 401, call(tokens.access_token));
    assert.equal(error, 'invalid_token');
  });

  test(`${name}: an access token alone`, async () => {
    const tokens = await logIn(as, from, await newUser());
    await revoke(as, from, tokens.access_token, { token_type_hint: 'access_token' });
    await challenged('bearer', 401, call(tokens.access_token));
    const next = await refresh(as, from, tokens.refresh_token);
    assert.equal((await call(next.access_token)).status, 200);
  });
}

test('what is revoked, unknown or of a kind that was not expected is no error', async () => {
  const tokens = await logIn(as, UNKNOWN, await newUser());
  await revoke(as, UNKNOWN, 'no-such-token');
  await revoke(as, UNKNOWN, tokens.refresh_token, { token_type_hint: 'access_token' });
  await revoke(as, UNKNOWN, tokens.refresh_token, { token_type_hint: 'of_tomorrow' });
});

test("another client's token is left alone", async () => {
  const tokens = await logIn(as, BACKEND, await newUser());
  await revoke(as, PAGE, tokens.refresh_token);
  await revoke(as, PAGE, tokens.access_token);
  assert.equal((await call(tokens.access_token)).status, 200);
  await refresh(as, BACKEND, tokens.refresh_token);
});

test('a client that does not prove who it is', async () => {
  const tokens = await logIn(as, BACKEND, await newUser());
  for (const from of [BACKEND.wrong, BACKEND.wrongByPost, BACKEND.unproved]) {
    await challenged('basic', 401, revoke(as, from, tokens.refresh_token));
  }
  await refresh(as, BACKEND, tokens.refresh_token);
});
