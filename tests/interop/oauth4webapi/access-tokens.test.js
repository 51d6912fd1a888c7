// Our access tokens, as a resource server of oauth4webapi checks them (RFC 9068).
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as oauth from 'oauth4webapi';

import { discover } from './server.js';
import { API, OPTIONS, ORDERS, UNKNOWN, logIn, newUser } from './support.js';

const as = await discover();
const tokens = await logIn(as, UNKNOWN, await newUser(), { scope: 'orders:read' });

function validate(token, audience = API.href) {
  const request = new Request(ORDERS, { headers: { authorization: `Bearer ${token}` } });
  return oauth.validateJwtAccessToken(as, request, audience, OPTIONS);
}

test('a token of a login', async () => {
  const claims = await validate(tokens.access_token);
  assert.equal(claims.iss, as.issuer);
  assert.equal(claims.client_id, UNKNOWN.client.client_id);
  assert.equal(claims.scope, 'orders:read');
  assert.equal(claims.exp - claims.iat, tokens.expires_in);
});

test('a token for another audience', async () => {
  const other = validate(tokens.access_token, 'https://other.test');
  await assert.rejects(other, { code: oauth.JWT_CLAIM_COMPARISON });
});

test('a token that was changed', async () => {
  const [header, payload, signature] = tokens.access_token.split('.');
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url')), sub: 'admin' };
  const forged = Buffer.from(JSON.stringify(claims)).toString('base64url');
  await assert.rejects(validate([header, forged, signature].join('.')), oauth.OperationProcessingError);
});

test('a refresh token', async () => {
  await assert.rejects(validate(tokens.refresh_token));
});
