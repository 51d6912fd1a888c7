// Our authorization server as oauth4webapi sees it, its clients, and a user.
import assert from 'node:assert/strict';

import * as oauth from 'oauth4webapi';

import { PEER } from '../support/peer.js';

export { newUser } from '../support/user.js';

// The service is on this machine, without TLS.
export const OPTIONS = { [oauth.allowInsecureRequests]: true };
export const ISSUER = new URL(`${PEER}/auth`);
export const API = new URL(`${PEER}/api`);
export const ORDERS = new URL(`${PEER}/api/orders`);
export const AUDITS = new URL(`${PEER}/api/audits`);

// Clients as `peer/login.rs` registers them.
export const PAGE = { client: { client_id: 'page' }, auth: oauth.None() };
export const UNKNOWN = { client: { client_id: 'app' }, auth: oauth.None() };
export const BACKEND = confidential('back end:1 & co', 's3cret:with+plus%20 and=more&of?them');
export const GATEWAY = confidential('gateway', 'gZ1yq0x7mJ4VfQ5sTn8Lr2WcKe9HbUpA');

function confidential(client_id, secret) {
  const client = { client_id };
  return {
    client,
    auth: oauth.ClientSecretBasic(secret),
    byPost: { client, auth: oauth.ClientSecretPost(secret) },
    wrong: { client, auth: oauth.ClientSecretBasic('not the secret') },
    wrongByPost: { client, auth: oauth.ClientSecretPost('not the secret') },
    unproved: { client, auth: oauth.None() },
  };
}

export const grant = (as, { client, auth }, type, parameters) =>
  oauth
    .genericTokenEndpointRequest(as, client, auth, type, parameters, OPTIONS)
    .then((response) => oauth.processGenericTokenEndpointResponse(as, client, response));

export const logIn = (as, from, user, more = {}) => grant(as, from, 'password', { ...user, ...more });

export const refresh = (as, { client, auth }, token, additionalParameters) =>
  oauth
    .refreshTokenGrantRequest(as, client, auth, token, { ...OPTIONS, additionalParameters })
    .then((response) => oauth.processRefreshTokenResponse(as, client, response));

export const revoke = (as, { client, auth }, token, additionalParameters) =>
  oauth
    .revocationRequest(as, client, auth, token, { ...OPTIONS, additionalParameters })
    .then(oauth.processRevocationResponse);

export const introspect = (as, { client, auth }, token) =>
  oauth
    .introspectionRequest(as, client, auth, token, OPTIONS)
    .then((response) => oauth.processIntrospectionResponse(as, client, response));

export const call = (token, url = ORDERS, method = 'GET') =>
  oauth.protectedResourceRequest(token, method, url, undefined, undefined, OPTIONS);

// That a promise is rejected with an error of RFC 6749, section 5.2.
export async function failsWith(error, status, promise) {
  const thrown = await promise.then(() => assert.fail(`no ${error}`), (thrown) => thrown);
  assert.ok(thrown instanceof oauth.ResponseBodyError, thrown);
  assert.deepEqual([thrown.error, thrown.status], [error, status]);
  assert.equal(typeof thrown.error_description, 'string');
}

// That a promise is rejected with a single challenge; answers with its parameters.
export async function challenged(scheme, status, promise) {
  const thrown = await promise.then(() => assert.fail('no challenge'), (thrown) => thrown);
  assert.ok(thrown instanceof oauth.WWWAuthenticateChallengeError, thrown);
  assert.equal(thrown.status, status);
  assert.equal(thrown.cause.length, 1, JSON.stringify(thrown.cause));
  assert.equal(thrown.cause[0].scheme, scheme);
  return thrown.cause[0].parameters;
}
