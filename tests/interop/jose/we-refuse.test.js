// What jose makes that we must not take.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as jose from 'jose';

import { PUBLIC, SECRET, accepted, claims, newKey, now, refused, theirs, verdict } from './support.js';

const key = await newKey('ES256');
const set = [key.publicJwk];
const encode = (value) => jose.base64url.encode(JSON.stringify(value));

for (const alg of [...SECRET, ...PUBLIC]) {
  test(`${alg}: a token of another key with the same kid`, async () => {
    const [trusted, other] = [await newKey(alg), await newKey(alg)];
    await refused('InvalidSignature', await theirs(other), [trusted.publicJwk]);
  });

  test(`${alg}: a token whose claims were changed`, async () => {
    const trusted = await newKey(alg);
    const [header, , signature] = (await theirs(trusted)).split('.');
    const forged = [header, encode(claims({ sub: 'admin' })), signature].join('.');
    await refused('InvalidSignature', forged, [trusted.publicJwk]);
  });
}

test('a token without a signature', async () => {
  const unsecured = new jose.UnsecuredJWT(claims()).encode();
  await refused('MalformedToken', unsecured, set);
  // With a signature that is none, and with the key named.
  for (const alg of ['none', 'None', 'NONE']) {
    const header = encode({ alg, kid: key.kid, typ: 'at+jwt' });
    await refused('AlgorithmMismatch', `${header}.${encode(claims())}.AAAA`, set);
  }
});

test('a token signed with a public key as the secret', async () => {
  const rsa = await newKey('RS256');
  const spki = await jose.exportSPKI(rsa.verifies);
  for (const text of [spki, spki.trim(), JSON.stringify(rsa.publicJwk)]) {
    const signs = new TextEncoder().encode(text);
    const token = await theirs({ alg: 'HS256', kid: rsa.kid, signs });
    await refused('AlgorithmMismatch', token, [rsa.publicJwk]);
  }
});

test('a token of another algorithm than its key', async () => {
  const rsa = await newKey('PS256');
  await accepted(await theirs(rsa), [rsa.publicJwk]);
  await refused('AlgorithmMismatch', await theirs(rsa), [{ ...rsa.publicJwk, alg: 'RS256' }]);
});

test('times that are over or still to come, beyond half a minute', async () => {
  const token = (payload) => theirs(key, { payload });
  await accepted(await token({ exp: now() - 10 }), set);
  await refused('Expired', await token({ exp: now() - 60 }), set);
  await accepted(await token({ nbf: now() + 10 }), set);
  await refused('NotYetValid', await token({ nbf: now() + 60 }), set);
  await refused('IssuedInFuture', await token({ iat: now() + 60 }), set);
  await refused('InvalidClaims', await token({ exp: undefined }), set);
  await refused('InvalidClaims', await token({ exp: `${now() + 60}` }), set);
});

test('another audience and another issuer', async () => {
  const token = (payload) => theirs(key, { payload });
  await refused('InvalidAudience', await token({ aud: 'https://other.test' }), set);
  await refused('InvalidAudience', await token({ aud: undefined }), set);
  await accepted(await token({ aud: ['https://other.test', 'https://api.test'] }), set);
  await refused('InvalidIssuer', await token({ iss: 'https://issuer.test/' }), set);
  await refused('InvalidIssuer', await token({ iss: undefined }), set);
});

test('extensions that nobody here understands', async () => {
  const header = { crit: ['urn:test:ext'], 'urn:test:ext': true };
  const options = { crit: { 'urn:test:ext': true } };
  await refused('UnsupportedHeader', await theirs(key, { header, options }), set);
  // RFC 7797: what is signed is the bare payload.
  const unencoded = { crit: ['b64'], b64: false };
  const token = await new jose.CompactSign(new TextEncoder().encode('{}'))
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...unencoded })
    .sign(key.signs)
    .catch(() => `${encode({ alg: key.alg, ...unencoded })}.e30.AAAA`);
  await refused('UnsupportedHeader', token, set);
});

test('an encrypted token', async () => {
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const jwe = await new jose.EncryptJWT(claims())
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(secret);
  const { refused: kind } = await verdict(jwe, set);
  assert.ok(['MalformedToken', 'UnsupportedHeader'].includes(kind), kind);
});

test('tokens of other types, and those of this one in all spellings', async () => {
  const typed = (typ) => theirs(key, { header: { typ } });
  for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt', 'JWT', undefined]) {
    await accepted(await typed(typ), set);
  }
  for (const typ of ['rt+jwt', 'logout+jwt', 'dpop+jwt', 'secevent+jwt']) {
    await refused('WrongTokenType', await typed(typ), set);
  }
});

test('a key that came with the token', async () => {
  const mine = await newKey('ES256');
  const header = { jwk: await jose.exportJWK(mine.verifies) };
  const token = await theirs(mine, { header });
  await jose.jwtVerify(token, jose.EmbeddedJWK);
  await refused('InvalidSignature', token, set);
});
