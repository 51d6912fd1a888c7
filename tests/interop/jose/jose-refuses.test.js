// What we sign, and jose must not take.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as jose from 'jose';

import { AUDIENCE, ISSUER, PUBLIC, SECRET, newKey, ours } from './support.js';

const key = await newKey('ES256');
const token = await ours([key.privateJwk]);
const refuses = (code, token, options, verifies = key.verifies) =>
  assert.rejects(jose.jwtVerify(token, verifies, options), { code });

for (const alg of [...SECRET, ...PUBLIC]) {
  test(`${alg}: another key, and changed claims`, async () => {
    const [key, other] = [await newKey(alg), await newKey(alg)];
    const token = await ours([key.privateJwk]);
    const failed = 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED';
    await refuses(failed, token, {}, other.verifies);
    const [header, payload, signature] = token.split('.');
    const claims = { ...jose.decodeJwt(token), sub: 'admin' };
    assert.notEqual(jose.base64url.encode(JSON.stringify(claims)), payload);
    const forged = [header, jose.base64url.encode(JSON.stringify(claims)), signature].join('.');
    await refuses(failed, forged, {}, key.verifies);
  });
}

test('an expired token', async () => {
  const expired = await ours([key.privateJwk], { age: 400 });
  await refuses('ERR_JWT_EXPIRED', expired, {});
  await jose.jwtVerify(expired, key.verifies, { clockTolerance: 200 });
  await refuses('ERR_JWT_EXPIRED', await ours([key.privateJwk], { age: 100 }), { maxTokenAge: 60 });
});

test('another audience, issuer, subject and type', async () => {
  const failed = 'ERR_JWT_CLAIM_VALIDATION_FAILED';
  await refuses(failed, token, { audience: 'https://other.test' });
  await refuses(failed, token, { issuer: `${ISSUER}/` });
  await refuses(failed, token, { subject: 'bob' });
  await refuses(failed, token, { typ: 'JWT' });
  await refuses(failed, token, { requiredClaims: ['nbf'] });
  const both = await ours([key.privateJwk], { audiences: ['https://other.test', AUDIENCE] });
  await jose.jwtVerify(both, key.verifies, { audience: AUDIENCE });
});

test('an algorithm that is not on its list', async () => {
  await refuses('ERR_JOSE_ALG_NOT_ALLOWED', token, { algorithms: ['RS256'] });
  await assert.rejects(jose.jwtDecrypt(token, key.verifies), { code: 'ERR_JWE_INVALID' });
  assert.throws(() => jose.UnsecuredJWT.decode(token), { code: 'ERR_JWT_INVALID' });
});
