// Tokens of the provider, whose keys we find by discovery.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { machineToken, userTokens } from './clients.js';
import { JWT_API, MACHINE, OPAQUE_API, PAGE } from './configuration.js';
import { newEncryptionKey, newKey } from './keys.js';
import { IdentityProvider } from './provider.js';
import { Service } from './service.js';

const es256 = await newKey('ES256', 'signs');

for (const path of ['', '/realms/shop']) {
  const name = path === '' ? 'an issuer without a path' : 'an issuer with a path';
  test(`${name}: client credentials and the code flow`, async (t) => {
    const provider = await IdentityProvider.start({ keys: [es256], path });
    t.after(() => provider.stop());
    const service = await Service.start(provider.issuer, JWT_API);

    const machine = await service.accepts(await machineToken(provider.issuer, JWT_API, 'orders:read'));
    assert.equal(machine.sub, MACHINE.client_id);
    const tokens = await userTokens(provider.issuer, JWT_API, 'openid orders:read orders:write');
    const user = await service.accepts(tokens.access_token);
    assert.deepEqual([user.sub, user.client_id], ['alice', PAGE.client_id]);
    assert.equal(user.iss, provider.issuer);

    // Whoever logs in hands an ID token to the page, which must not open the API.
    await service.refuses('invalid_audience', tokens.id_token);
    assert.equal(provider.count('/.well-known/openid-configuration'), 1 + 2);
    assert.equal(provider.count('/jwks'), 1);
  });
}

test('scopes decide what a token opens', async (t) => {
  const provider = await IdentityProvider.start({ keys: [es256] });
  t.after(() => provider.stop());
  const service = await Service.start(provider.issuer, JWT_API);
  const token = await machineToken(provider.issuer, JWT_API, 'orders:read');
  assert.equal((await service.get('orders', token)).status, 200);
  const refused = await service.post('orders', token);
  assert.equal(refused.status, 403);
  assert.match(refused.headers.get('www-authenticate'), /error="insufficient_scope"/);
  assert.match(refused.headers.get('www-authenticate'), /scope="orders:write"/);
});

test('a token for another API, and one that only the provider can read', async (t) => {
  const provider = await IdentityProvider.start({ keys: [es256] });
  t.after(() => provider.stop());
  const other = await Service.start(provider.issuer, 'https://other.test');
  await other.refuses('invalid_audience', await machineToken(provider.issuer, JWT_API, 'orders:read'));
  const service = await Service.start(provider.issuer, JWT_API);
  const opaque = await machineToken(provider.issuer, OPAQUE_API, 'orders:read');
  await service.refuses('malformed_token', opaque);
});

// Made once, since RSA keys take long.
const [rsa, encrypts, p521] = await Promise.all([
  newKey('RS256', 'signs'), newEncryptionKey('encrypts'), newKey('ES512', 'too new'),
]);
const SIGNING = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((alg) => ({ ...rsa, alg })),
  es256,
  ...(await Promise.all(['ES384', 'EdDSA', 'Ed25519'].map((alg) => newKey(alg, 'signs')))),
];
for (const signs of SIGNING) {
  test(`${signs.alg}: the provider signs, among keys that are not for us`, async (t) => {
    const provider = await IdentityProvider.start({ keys: [encrypts, p521, signs], signs });
    t.after(() => provider.stop());
    const service = await Service.start(provider.issuer, JWT_API);
    await service.accepts(await machineToken(provider.issuer, JWT_API, 'orders:read'));
    const status = await service.keys();
    assert.equal(status.url, `${provider.issuer}/jwks`);
    assert.deepEqual([status.key_ids, status.skipped.length], [['signs'], 2]);
  });
}

test('two providers with keys of the same kid', async (t) => {
  const ours = await IdentityProvider.start({ keys: [es256] });
  const other = await IdentityProvider.start({ keys: [await newKey('ES256', 'signs')] });
  t.after(() => Promise.all([ours.stop(), other.stop()]));
  const service = await Service.start(ours.issuer, JWT_API);
  await service.refuses('invalid_signature', await machineToken(other.issuer, JWT_API, 'orders:read'));
});

test('two providers that one service trusts, and a third', async (t) => {
  const providers = await Promise.all(
    [es256, rsa, es256].map((key) => IdentityProvider.start({ keys: [key] })),
  );
  t.after(() => Promise.all(providers.map((provider) => provider.stop())));
  const [first, second, third] = providers;
  const service = await Service.start([first.issuer, second.issuer], JWT_API);
  for (const { issuer } of [first, second]) {
    assert.equal((await service.accepts(await machineToken(issuer, JWT_API, 'orders:read'))).iss, issuer);
  }
  // With a key that the first has too, and yet.
  await service.refuses('invalid_issuer', await machineToken(third.issuer, JWT_API, 'orders:read'));
  assert.deepEqual(providers.map((provider) => provider.count('/jwks')), [1, 1, 0]);
});

test('the issuer is the one that was named, letter by letter', async (t) => {
  const provider = await IdentityProvider.start({ keys: [es256], path: '/realms/shop' });
  t.after(() => provider.stop());
  await Service.start(provider.issuer, JWT_API);
  for (const issuer of [
    `${provider.issuer}/`,
    provider.issuer.replace('127.0.0.1', 'localhost'),
    provider.issuer.replace('shop', 'Shop'),
    provider.issuer.replace('/realms/shop', ''),
  ]) {
    await assert.rejects(Service.start(issuer, JWT_API), /issuer/, issuer);
  }
});
