// What our API answers, and its challenges (RFC 6750, RFC 9110).
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PEER } from '../support/peer.js';
import { discover } from './server.js';
import { AUDITS, UNKNOWN, call, challenged, logIn, newUser } from './support.js';

const as = await discover();

test('a token that is good', async () => {
  const { access_token: token } = await logIn(as, UNKNOWN, await newUser());
  const response = await call(token);
  assert.deepEqual([response.status, await response.text()], [200, 'orders']);
});

test('a token that lacks the scope', async () => {
  const { access_token: token } = await logIn(as, UNKNOWN, await newUser());
  const parameters = await challenged('bearer', 403, call(token, AUDITS, 'POST'));
  assert.equal(parameters.error, 'insufficient_scope');
  assert.equal(parameters.scope, 'audits:write');
});

test('a token that is none, or changed', async () => {
  const { access_token: token } = await logIn(as, UNKNOWN, await newUser());
  const [header, payload, signature] = token.split('.');
  for (const bad of ['abc', `${header}.${payload}.`, `${header}.${payload}.${signature}AAAA`]) {
    const parameters = await challenged('bearer', 401, call(bad));
    assert.equal(parameters.error, 'invalid_token');
    assert.equal(parameters.realm, 'api');
    assert.equal(typeof parameters.error_description, 'string');
  }
});

test('credentials that are none', async () => {
  const parameters = await challenged('bearer', 400, call('two tokens'));
  assert.equal(parameters.error, 'invalid_request');
});

test('a realm with quotes, beside the challenge of another scheme', async () => {
  const archive = new URL(`${PEER}/api/archive`);
  const thrown = await call('abc', archive).then(() => assert.fail('accepted'), (thrown) => thrown);
  assert.deepEqual(thrown.cause.map(({ scheme }) => scheme), ['bearer', 'digest']);
  const [bearer, digest] = thrown.cause.map(({ parameters }) => parameters);
  assert.equal(bearer.realm, 'the "old" \\ one, closed=yes');
  assert.equal(bearer.error, 'invalid_token');
  assert.deepEqual(digest, { realm: 'old', qop: 'auth, auth-int' });
});
