// The provider goes away and comes back.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { machineToken } from './clients.js';
import { JWT_API } from './configuration.js';
import { newKey } from './keys.js';
import { IdentityProvider } from './provider.js';
import { Service } from './service.js';

const [first, second] = [await newKey('ES256', 'first'), await newKey('ES256', 'second')];
const HOUR = 3600;

test('keys that we have serve while the provider is away', async (t) => {
  const provider = await IdentityProvider.start({ keys: [first] });
  t.after(() => provider.stop());
  const service = await Service.start(provider.issuer, JWT_API);
  const old = await machineToken(provider.issuer, JWT_API, 'orders:read');
  await service.accepts(old);
  provider.publish([second, first]);
  const young = await machineToken(provider.issuer, JWT_API, 'orders:read');

  await provider.stop();
  await service.accepts(old);
  await service.later(40);
  await service.cannotTell(young);
  await service.accepts(old);
  const away = await service.keys();
  assert.equal(away.is_usable, true);
  assert.match(away.last_error, /127\.0\.0\.1/);

  await provider.resume();
  await untilAccepted(service, young);
  await service.accepts(old);
  assert.equal((await service.keys()).last_error, null);
});

test('keys that are too old serve no longer', async (t) => {
  const provider = await IdentityProvider.start({ keys: [first] });
  t.after(() => provider.stop());
  const service = await Service.start(provider.issuer, JWT_API);
  const token = await machineToken(provider.issuer, JWT_API, 'orders:read');
  await provider.stop();
  await service.later(HOUR);
  await service.accepts(token);
  await service.later(HOUR);
  await service.cannotTell(token);
  assert.equal((await service.keys()).is_usable, false);
  await provider.resume();
  await untilAccepted(service, token);
});

test('a service that starts before its provider', async (t) => {
  const provider = await IdentityProvider.start({ keys: [first] });
  t.after(() => provider.stop());
  const token = await machineToken(provider.issuer, JWT_API, 'orders:read');
  await provider.stop();
  await assert.rejects(Service.start(provider.issuer, JWT_API), /./);
  const service = await Service.start(provider.issuer, JWT_API, { lazy: true });
  await service.cannotTell(token);
  await provider.resume();
  await untilAccepted(service, token);
});

// Asks a minute later again and again, as the answer told: at most so long is a failure remembered.
async function untilAccepted(service, token) {
  for (let tries = 0; tries < 10; tries += 1) {
    await service.later(60);
    const response = await service.get('claims', token);
    if (response.status === 200) {
      return;
    }
    assert.equal(response.status, 503, await response.text());
  }
  assert.fail('the token was never accepted');
}
