// Opaque tokens of the provider, which we introspect at it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { machineToken, revoke, userTokens } from './clients.js';
import { JWT_API, MACHINE, OPAQUE_API, SERVICE, SERVICES } from './configuration.js';
import { newKey } from './keys.js';
import { IdentityProvider } from './provider.js';
import { Service } from './service.js';

const key = await newKey('ES256', 'signs');

async function start(t, audience, more = {}) {
  const provider = await IdentityProvider.start({ keys: [key] });
  t.after(() => provider.stop());
  const endpoint = `${provider.issuer}/token/introspection`;
  const options = { lazy: true, introspection: { endpoint, ...SERVICE, ...more } };
  return { provider, service: await Service.start(provider.issuer, audience, options) };
}

test('tokens of a program and of a user, each asked about once', async (t) => {
  const { provider, service } = await start(t, OPAQUE_API);
  const token = await machineToken(provider.issuer, OPAQUE_API, 'orders:read');
  const machine = await service.accepts(token);
  assert.deepEqual([machine.client_id, machine.scope], [MACHINE.client_id, 'orders:read']);
  assert.equal((await service.get('orders', token)).status, 200);
  assert.equal((await service.post('orders', token)).status, 403);
  assert.equal(provider.count('/introspection'), 1);

  const tokens = await userTokens(provider.issuer, OPAQUE_API, 'orders:read');
  assert.equal((await service.accepts(tokens.access_token)).sub, 'alice');
  assert.equal(provider.count('/introspection'), 2);
});

for (const [name, more] of [['header', {}], ['body', { by_post: true }]]) {
  test(`the secret of the service in the ${name}`, async (t) => {
    const client = SERVICES[name];
    const { provider, service } = await start(t, OPAQUE_API, { ...more, ...client });
    await service.accepts(await machineToken(provider.issuer, OPAQUE_API, 'orders:read'));
    const wrong = await start(t, OPAQUE_API, { ...more, ...client, client_secret: 'not the secret' });
    await wrong.service.cannotTell(
      await machineToken(wrong.provider.issuer, OPAQUE_API, 'orders:read'),
    );
  });
}

test('a JWT beside opaque tokens, which is verified here', async (t) => {
  const { provider, service } = await start(t, JWT_API);
  await service.accepts(await machineToken(provider.issuer, JWT_API, 'orders:read'));
  assert.equal(provider.count('/introspection'), 0);
});

test('a token for another API, an unknown one, and one that was revoked', async (t) => {
  const { provider, service } = await start(t, 'https://other.test');
  await service.refuses(
    'invalid_audience', await machineToken(provider.issuer, OPAQUE_API, 'orders:read'),
  );
  const { provider: other, service: mine } = await start(t, OPAQUE_API);
  const inactive = 'inactive_token';
  await mine.refuses(inactive, 'no-such-token');
  const token = await machineToken(other.issuer, OPAQUE_API, 'orders:read');
  await mine.accepts(token);
  await revoke(other.issuer, token);
  // An answer is remembered for half a minute.
  await mine.later(60);
  await mine.refuses(inactive, token);
});

test('a provider that goes away and comes back', async (t) => {
  const { provider, service } = await start(t, OPAQUE_API);
  const [known, unknown] = await Promise.all(
    ['orders:read', 'orders:write'].map((scope) => machineToken(provider.issuer, OPAQUE_API, scope)),
  );
  await service.accepts(known);
  await provider.stop();
  await service.accepts(known);
  await service.cannotTell(unknown);
  await provider.resume();
  await service.later(60);
  await service.accepts(unknown);
});
