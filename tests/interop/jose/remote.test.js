// The keys that our login publishes, fetched by jose.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import * as jose from 'jose';

import { PEER } from '../support/peer.js';
import { logIn } from '../support/user.js';
import { PRIVATE_MEMBERS, newKey, ours } from './support.js';

const SET = new URL(`${PEER}/.well-known/jwks.json`);
const RULES = { issuer: `${PEER}/auth`, audience: `${PEER}/api`, typ: 'at+jwt' };

// Those that the login has.
const own = JSON.parse(await readFile(new URL('../../keys/private.jwks.json', import.meta.url)));
const isPublic = (jwk) => jwk.kty !== 'oct';

const sign = (keys) => ours(keys, { issuer: RULES.issuer, audiences: [RULES.audience] });

test('jose verifies the token of a login with the keys at our URL', async () => {
  const { access_token: token } = await logIn();
  const { payload } = await jose.jwtVerify(token, jose.createRemoteJWKSet(SET), RULES);
  assert.equal(payload.scope, 'orders:read orders:write reports:read');
});

test('jose finds each of our keys there', async () => {
  const keys = jose.createRemoteJWKSet(SET);
  for (const key of own.keys.filter(isPublic)) {
    const { protectedHeader } = await jose.jwtVerify(await sign([key]), keys, RULES);
    assert.deepEqual([protectedHeader.alg, protectedHeader.kid], [key.alg, key.kid]);
  }
  const kids = keys.jwks().keys.map((jwk) => jwk.kid);
  assert.deepEqual(kids, own.keys.filter(isPublic).map((jwk) => jwk.kid));
});

test('jose finds neither a secret nor a key of somebody else there', async () => {
  const keys = jose.createRemoteJWKSet(SET, { cooldownDuration: 0 });
  const refuses = async (key, code) =>
    assert.rejects(jose.jwtVerify(await sign([key]), keys, RULES), { code });
  await refuses((await newKey('ES256', 'other')).privateJwk, 'ERR_JWKS_NO_MATCHING_KEY');
  const secret = own.keys.find((jwk) => !isPublic(jwk));
  // jose takes no HMAC from any set.
  await refuses(secret, 'ERR_JOSE_NOT_SUPPORTED');
  assert.equal(keys.jwks().keys.some((jwk) => jwk.kid === secret.kid), false);
  const members = keys.jwks().keys.flatMap(Object.keys);
  assert.deepEqual(members.filter((member) => PRIVATE_MEMBERS.includes(member)), []);
});

test('caches may keep the keys for a while', async () => {
  const response = await fetch(SET);
  assert.match(response.headers.get('content-type'), /^application\/(jwk-set\+)?json$/);
  assert.match(response.headers.get('cache-control'), /max-age=[1-9]/);
});
