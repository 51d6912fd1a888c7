// Keys of jose, tokens of jose, and the questions to our service.
import assert from 'node:assert/strict';

import * as jose from 'jose';

import { ask } from '../support/peer.js';

export const SECRET = ['HS256', 'HS384', 'HS512'];
export const PUBLIC = [
  'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA', 'Ed25519',
];
export const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
export const ISSUER = 'https://issuer.test';
export const AUDIENCE = 'https://api.test';

// A key that jose made: as JWKs, and as what jose signs and verifies with.
export async function newKey(alg, kid = `of ${alg}`) {
  if (SECRET.includes(alg)) {
    const secret = await jose.generateSecret(alg, { extractable: true });
    const jwk = { ...(await jose.exportJWK(secret)), kid, alg };
    return { alg, kid, signs: secret, verifies: secret, privateJwk: jwk, publicJwk: jwk };
  }
  const privateJwk = { ...(await numbers(alg)), kid, alg };
  const { d, p, q, dp, dq, qi, ...publicMembers } = privateJwk;
  const publicJwk = { ...publicMembers, use: 'sig' };
  const read = (jwk) => jose.importJWK(jwk, undefined, { extractable: true });
  const [signs, verifies] = await Promise.all([privateJwk, publicJwk].map(read));
  return { alg, kid, signs, verifies, privateJwk, publicJwk };
}

// RSA keys take long to make: there are two, and no two in a row are the same.
const rsa = [];

async function numbers(alg) {
  const isRsa = /^[RP]S/.test(alg);
  if (isRsa && rsa.length === 2) {
    rsa.reverse();
    return rsa[0];
  }
  const { privateKey } = await jose.generateKeyPair(alg, { extractable: true });
  const jwk = await jose.exportJWK(privateKey);
  if (isRsa) {
    rsa.unshift(jwk);
  }
  return jwk;
}

export const now = () => Math.floor(Date.now() / 1000);

export function claims(changes = {}) {
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'alice',
    client_id: 'jose',
    iat: now(),
    exp: now() + 300,
    jti: crypto.randomUUID(),
    scope: 'posts:read posts:write',
    ...changes,
  };
}

// A token that jose signed; a change to `undefined` leaves a member out.
export function theirs(key, { header = {}, payload = {}, options } = {}) {
  return new jose.SignJWT(claims(payload))
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
    .sign(key.signs, options);
}

// A token that we signed with the first of these private keys.
export async function ours(keys, changes = {}) {
  const answer = await ask('/jose/sign', {
    keys: { keys },
    issuer: ISSUER,
    audiences: [AUDIENCE],
    subject: 'alice',
    scopes: ['posts:read', 'posts:write'],
    roles: ['editor'],
    ...changes,
  });
  assert.ok(answer.token, answer.error);
  return answer.token;
}

// What we make of a token.
export function verdict(token, keys, changes = {}) {
  return ask('/jose/verify', {
    keys: { keys }, issuer: ISSUER, audience: AUDIENCE, token, ...changes,
  });
}

export async function accepted(token, keys, changes) {
  const answer = await verdict(token, keys, changes);
  assert.ok(answer.claims, JSON.stringify(answer));
  return answer;
}

export async function refused(kind, token, keys, changes) {
  const answer = await verdict(token, keys, changes);
  assert.equal(answer.refused, kind, JSON.stringify(answer));
  return answer;
}
