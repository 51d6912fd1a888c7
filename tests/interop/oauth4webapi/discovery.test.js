// What our authorization server (RFC 8414) and our API (RFC 9728) say of themselves.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as oauth from 'oauth4webapi';

import { discover } from './server.js';
import {
  API, ISSUER, OPTIONS, ORDERS, UNKNOWN, call, challenged, logIn, newUser,
} from './support.js';

const as = await discover();

test('the authorization server names its endpoints, and they are there', async () => {
  assert.equal(as.issuer, ISSUER.href);
  const endpoints = ['token_endpoint', 'revocation_endpoint', 'introspection_endpoint'];
  for (const endpoint of endpoints) {
    const response = await fetch(as[endpoint], { method: 'POST', body: new URLSearchParams() });
    assert.ok([400, 401].includes(response.status), `${endpoint}: ${response.status}`);
  }
  const keys = await fetch(as.jwks_uri);
  assert.equal(keys.status, 200, await keys.text());
});

test('the authorization server names what it can do, and nothing else', () => {
  assert.deepEqual(as.grant_types_supported.toSorted(), ['password', 'refresh_token']);
  // There is no authorization endpoint, and so nothing that it could answer with.
  assert.deepEqual(as.response_types_supported, []);
  assert.equal(as.authorization_endpoint, undefined);
  const methods = ['client_secret_basic', 'client_secret_post', 'none'];
  assert.deepEqual(as.token_endpoint_auth_methods_supported.toSorted(), methods);
});

test('another issuer is not taken for this one', async () => {
  const response = () => oauth.discoveryRequest(ISSUER, { ...OPTIONS, algorithm: 'oauth2' });
  const other = oauth.processDiscoveryResponse(new URL(`${ISSUER.href}/`), await response());
  await assert.rejects(other, { code: oauth.JSON_ATTRIBUTE_COMPARISON });
});

async function describe(resource) {
  const response = await oauth.resourceDiscoveryRequest(resource, OPTIONS);
  return oauth.processResourceDiscoveryResponse(resource, response);
}

test('the API names itself and whom it trusts', async () => {
  const resource = await describe(API);
  assert.equal(resource.resource, API.href);
  assert.deepEqual(resource.authorization_servers, [ISSUER.href]);
  assert.deepEqual(resource.bearer_methods_supported, ['header']);
});

test('from a refusal to a token, as a client does that knows nothing but the URL', async () => {
  // Of all that parses challenges this alone takes an answer to a request without a token.
  const refusal = oauth.processRevocationResponse(await fetch(ORDERS));
  const challenge = await challenged('bearer', 401, refusal);
  assert.equal(challenge.error, undefined, 'RFC 6750, section 3: nothing was sent');
  assert.equal(challenge.scope, 'orders:read');

  const metadata = await fetch(challenge.resource_metadata);
  const resource = await oauth.processResourceDiscoveryResponse(API, metadata);
  const server = await discover(new URL(resource.authorization_servers[0]));
  const user = { ...(await newUser()), scope: challenge.scope };
  const { access_token: token } = await logIn(server, UNKNOWN, user);
  assert.equal((await call(token)).status, 200);
});
