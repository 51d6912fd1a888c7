// The provider changes its keys while our service goes on.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as jose from 'jose';

import { machineToken } from './clients.js';
import { JWT_API } from './configuration.js';
import { newKey } from './keys.js';
import { IdentityProvider } from './provider.js';
import { Service } from './service.js';

const [first, second] = [await newKey('RS256', 'first'), await newKey('RS256', 'second')];
const token = (provider) => machineToken(provider.issuer, JWT_API, 'orders:read');
const kid = (token) => jose.decodeProtectedHeader(token).kid;
// In seconds: longer than the pause between two fetches for unknown keys, and not so long that the set
// is fetched for its age.
const COOLDOWN = 40;
// So long that it is, and not so long that the old one is no longer used meanwhile.
const AGE = 30 * 60;

async function start(t, keys) {
  const provider = await IdentityProvider.start({ keys });
  t.after(() => provider.stop());
  return { provider, service: await Service.start(provider.issuer, JWT_API) };
}

test('a new key beside the old one, then the new one alone', async (t) => {
  const { provider, service } = await start(t, [first]);
  const old = await token(provider);
  await service.accepts(old);
  assert.equal(provider.count('/jwks'), 1);

  provider.publish([second, first]);
  const young = await token(provider);
  assert.deepEqual([kid(old), kid(young)], ['first', 'second']);
  await service.later(COOLDOWN);
  // Whoever comes first with the new key waits for one fetch, and so do all the others.
  await Promise.all(Array.from({ length: 20 }, () => service.accepts(young)));
  await service.accepts(old);
  assert.equal(provider.count('/jwks'), 2);
  assert.deepEqual((await service.keys()).key_ids, ['second', 'first']);

  provider.publish([second]);
  await service.accepts(old);
  await service.later(AGE);
  await until(service, old, 401);
  await service.refuses('unknown_key', old);
  await service.accepts(young);
  assert.equal(provider.count('/jwks'), 3);
});

test('a new key at once, without the old one', async (t) => {
  const { provider, service } = await start(t, [first]);
  const old = await token(provider);
  await service.accepts(old);
  provider.publish([second]);
  await service.later(COOLDOWN);
  await service.accepts(await token(provider));
  await service.refuses('unknown_key', old);
  assert.equal(provider.count('/jwks'), 2);
});

test('a new key under the kid of the old one', async (t) => {
  const { provider, service } = await start(t, [first]);
  const old = await token(provider);
  await service.accepts(old);
  provider.publish([{ ...second, kid: first.kid }]);
  const young = await token(provider);
  // The kid is known: only its age tells that the set is another.
  await service.refuses('invalid_signature', young);
  await service.later(AGE);
  await until(service, young, 200);
  await service.refuses('invalid_signature', old);
});

test('made-up kids make no fetches beyond one', async (t) => {
  const { provider, service } = await start(t, [first]);
  const { privateKey } = await jose.generateKeyPair('RS256');
  const claims = jose.decodeJwt(await token(provider));
  const forge = (kid) =>
    new jose.SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid }).sign(privateKey);
  await service.later(COOLDOWN);
  for (let tried = 0; tried < 50; tried += 1) {
    await service.refuses('unknown_key', await forge(crypto.randomUUID()));
  }
  assert.equal(provider.count('/jwks'), 2);
  await service.accepts(await token(provider));
});

// The keys are fetched in the background, while the old ones still serve.
async function until(service, token, status) {
  const deadline = Date.now() + 30_000;
  while ((await service.get('claims', token)).status !== status) {
    assert.ok(Date.now() < deadline, 'the keys were never fetched again');
  }
}
