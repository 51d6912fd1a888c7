// How clients get tokens from the provider, with oauth4webapi, which checks its answers.
import assert from 'node:assert/strict';

import * as oauth from 'oauth4webapi';

import { MACHINE, PAGE } from './configuration.js';

const OPTIONS = { [oauth.allowInsecureRequests]: true };

async function discover(issuer) {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, OPTIONS));
}

// An access token of a program.
export async function machineToken(issuer, resource, scope) {
  const as = await discover(issuer);
  const { client_secret: secret, ...client } = MACHINE;
  const auth = oauth.ClientSecretBasic(secret);
  const response = await oauth.clientCredentialsGrantRequest(
    as, client, auth, { resource, scope }, OPTIONS,
  );
  const tokens = await oauth.processClientCredentialsResponse(as, client, response);
  assert.equal(tokens.scope, scope);
  return tokens.access_token;
}

// Gives a token of a program back.
export async function revoke(issuer, token) {
  const as = await discover(issuer);
  const { client_secret: secret, ...client } = MACHINE;
  const auth = oauth.ClientSecretBasic(secret);
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(as, client, auth, token, OPTIONS),
  );
}

// The tokens of a user who was sent to the provider by a page: the code flow with PKCE.
export async function userTokens(issuer, resource, scope) {
  const as = await discover(issuer);
  const { client_id, redirect_uri } = PAGE;
  const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
  const url = new URL(as.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id,
    redirect_uri,
    response_type: 'code',
    scope,
    resource,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  const callback = await browse(url, redirect_uri);
  const client = { client_id };
  const parameters = oauth.validateAuthResponse(as, client, callback, state);
  const response = await oauth.authorizationCodeGrantRequest(
    as, client, oauth.None(), parameters, redirect_uri, verifier, OPTIONS,
  );
  return oauth.processAuthorizationCodeResponse(as, client, response, {
    requireIdToken: scope.split(' ').includes('openid'),
  });
}

// Follows redirects as a browser does, with cookies, up to the page that is to have the code.
async function browse(url, end) {
  const cookies = new Map();
  for (let steps = 0; steps < 10; steps += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const [name, value] of response.headers.getSetCookie().map((it) => it.split(/[=;]/))) {
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    assert.ok(location, `${url}: ${response.status} ${await response.text()}`);
    url = new URL(location, url);
    if (url.href.startsWith(`${end}?`)) {
      return url;
    }
  }
  return assert.fail('too many redirects');
}
