// Tokens and keys of every algorithm, in both directions.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as jose from 'jose';

import { ask } from '../support/peer.js';
import {
  AUDIENCE, ISSUER, PRIVATE_MEMBERS, PUBLIC, SECRET, accepted, newKey, ours, theirs,
} from './support.js';

const RULES = {
  issuer: ISSUER,
  audience: AUDIENCE,
  subject: 'alice',
  typ: 'at+jwt',
  requiredClaims: ['iss', 'aud', 'sub', 'client_id', 'iat', 'exp', 'jti'],
};

// The names of one algorithm: RFC 9864 made the second of one of RFC 8037.
const namesOf = (alg) => (alg === 'Ed25519' ? ['EdDSA', 'Ed25519'] : [alg]);

for (const alg of [...SECRET, ...PUBLIC]) {
  test(`${alg}: jose verifies what we sign with a key of jose`, async () => {
    const key = await newKey(alg);
    const token = await ours([key.privateJwk]);
    const rules = { ...RULES, algorithms: namesOf(alg) };
    const { payload, protectedHeader } = await jose.jwtVerify(token, key.verifies, rules);
    assert.equal(protectedHeader.kid, key.kid);
    assert.equal(payload.scope, 'posts:read posts:write');
    assert.deepEqual(payload.roles, ['editor']);
    assert.equal(payload.exp - payload.iat, 300);
  });

  test(`${alg}: we verify what jose signs`, async () => {
    const key = await newKey(alg);
    const token = await theirs(key);
    const { claims, scopes, skipped } = await accepted(token, [key.publicJwk]);
    assert.deepEqual(claims, jose.decodeJwt(token));
    assert.deepEqual(scopes, ['posts:read', 'posts:write']);
    assert.deepEqual(skipped, []);
  });
}

for (const alg of PUBLIC) {
  test(`${alg}: jose finds our key in the set that we publish`, async () => {
    const [key, other] = [await newKey(alg), await newKey('ES256', 'another')];
    const privateKeys = [key.privateJwk, other.privateJwk];
    const set = await ask('/jose/public-keys', { keys: privateKeys });
    assert.deepEqual(set.keys.map((jwk) => jwk.kid), [key.kid, other.kid]);
    for (const jwk of set.keys) {
      assert.deepEqual(PRIVATE_MEMBERS.filter((member) => member in jwk), []);
    }
    const keys = jose.createLocalJWKSet(set);
    const { protectedHeader } = await jose.jwtVerify(await ours(privateKeys), keys, RULES);
    // A strict reader compares them letter by letter.
    assert.equal(protectedHeader.alg, set.keys[0].alg);
    assert.equal(
      await jose.calculateJwkThumbprint(set.keys[0]),
      await jose.calculateJwkThumbprint(key.publicJwk),
    );
  });
}

for (const alg of PUBLIC) {
  test(`${alg}: a key that we read and publish again is the same`, async () => {
    const key = await newKey(alg);
    const { keys: [jwk] } = await ask('/jose/read-keys', { keys: [key.publicJwk] });
    assert.deepEqual(jwk, { ...key.publicJwk, alg: namesOf(alg)[0] });
  });

  test(`${alg}: we sign and verify with keys that jose writes as PEM`, async () => {
    const key = await newKey(alg);
    const { token, subject } = await ask('/jose/pem', {
      algorithm: alg,
      private: await jose.exportPKCS8(key.signs),
      public: await jose.exportSPKI(key.verifies),
      token: await theirs(key),
    });
    assert.equal(subject, 'alice');
    const { protectedHeader } = await jose.jwtVerify(token, key.verifies, RULES);
    assert.equal(protectedHeader.kid, await jose.calculateJwkThumbprint(key.publicJwk));
  });
}

for (const alg of ['HS256', 'HS384', 'HS512', 'ES256', 'ES384', 'EdDSA']) {
  test(`${alg}: jose signs and verifies with a key that we made`, async () => {
    const { keys } = await ask('/jose/new-keys', { algorithm: alg });
    const [jwk] = keys;
    const key = await jose.importJWK(jwk);
    await accepted(await theirs({ alg, kid: jwk.kid, signs: key }), [jwk]);
    if (!SECRET.includes(alg)) {
      assert.equal(jwk.kid, await jose.calculateJwkThumbprint(jwk));
    }
    const set = SECRET.includes(alg) ? { keys } : await ask('/jose/public-keys', { keys });
    const one = await jose.importJWK(set.keys[0], alg);
    await jose.jwtVerify(await ours(keys), one, { ...RULES, algorithms: [alg] });
  });
}

test('our sets never hold a secret', async () => {
  const [secret, key] = [await newKey('HS256'), await newKey('ES256')];
  const set = await ask('/jose/public-keys', { keys: [secret.privateJwk, key.privateJwk] });
  assert.deepEqual(set.keys.map((jwk) => jwk.kid), [key.kid]);
});
