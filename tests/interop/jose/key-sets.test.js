// Which keys of a set a token is checked with.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as jose from 'jose';

import { PUBLIC, accepted, newKey, ours, refused, theirs, verdict } from './support.js';

const without = (member, jwk) => ({ ...jwk, [member]: undefined });

test('a token whose kid is not in the set', async () => {
  const key = await newKey('ES256');
  await refused('UnknownKey', await theirs(key, { header: { kid: 'other' } }), [key.publicJwk]);
  const set = jose.createLocalJWKSet({ keys: [key.publicJwk] });
  const renamed = await ours([{ ...key.privateJwk, kid: 'other' }]);
  await assert.rejects(jose.jwtVerify(renamed, set), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
});

test('a token without kid is checked with each key of its algorithm', async () => {
  const keys = await Promise.all(['ES256', 'ES384', 'ES256'].map((alg, at) => newKey(alg, `${at}`)));
  const set = keys.map((key) => key.publicJwk);
  for (const key of keys) {
    await accepted(await theirs(key, { header: { kid: undefined } }), set);
  }
});

test('keys with one kid are all tried', async () => {
  const keys = await Promise.all(['ES256', 'ES384', 'EdDSA'].map((alg) => newKey(alg, 'same')));
  const set = keys.map((key) => key.publicJwk);
  for (const key of keys) {
    await accepted(await theirs(key), set);
  }
});

for (const alg of PUBLIC) {
  test(`${alg}: a key without alg is good for what its type implies, and nothing else`, async () => {
    const key = await newKey(alg);
    const set = [without('alg', key.publicJwk)];
    // An RSA key that says nothing is one of RS256, which RFC 7518 recommends.
    const isImplied = !/^(RS384|RS512|PS)/.test(alg);
    if (isImplied) {
      await accepted(await theirs(key), set);
    } else {
      await refused('AlgorithmMismatch', await theirs(key), set);
    }
    // jose takes the algorithm from the token, where the key allows it.
    await jose.jwtVerify(await ours([key.privateJwk]), jose.createLocalJWKSet({ keys: set }));
  });
}

test('keys that are not for signatures are left out, and the rest serve', async () => {
  const key = await newKey('RS256');
  const { publicKey: oaep } = await jose.generateKeyPair('RSA-OAEP-256');
  const { publicKey: ecdh } = await jose.generateKeyPair('ECDH-ES');
  const { publicKey: p521 } = await jose.generateKeyPair('ES512');
  const set = [
    { ...(await jose.exportJWK(oaep)), kid: 'encryption', alg: 'RSA-OAEP-256', use: 'enc' },
    { ...(await jose.exportJWK(ecdh)), kid: key.kid, use: 'enc' },
    { ...(await jose.exportJWK(p521)), kid: 'curve', alg: 'ES512' },
    { kty: 'AKP', alg: 'ML-DSA-44', kid: 'unknown type', pub: 'AAAA' },
    key.publicJwk,
  ];
  const { skipped } = await accepted(await theirs(key), set);
  assert.equal(skipped.length, 4);
  await jose.jwtVerify(await ours([key.privateJwk]), jose.createLocalJWKSet({ keys: set }));
});

test('a key for encryption verifies nothing', async () => {
  const [key, other] = [await newKey('RS256'), await newKey('ES256')];
  const set = [{ ...key.publicJwk, use: 'enc' }, other.publicJwk];
  await refused('UnknownKey', await theirs(key), set);
  const keys = jose.createLocalJWKSet({ keys: set });
  const token = await ours([key.privateJwk]);
  await assert.rejects(jose.jwtVerify(token, keys), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
});

test('a set with nothing to verify with is an error', async () => {
  const key = await newKey('RS256');
  const { error } = await verdict(await theirs(key), [{ ...key.publicJwk, use: 'enc' }]);
  assert.match(error, /key/);
});
