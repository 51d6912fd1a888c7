// A service of ours that trusts an issuer.
import assert from 'node:assert/strict';

import { PEER, ask } from '../support/peer.js';

export class Service {
  // With a clock of its own; `issuers` are one or several. Fails with our error where there is no such
  // service.
  static async start(issuers, audience, more = {}) {
    const wanted = { issuers: [issuers].flat(), audience, ...more };
    const { id, error } = await ask('/services', wanted);
    if (error !== undefined) {
      throw new Error(error);
    }
    return Object.assign(new Service(), { url: `${PEER}/services/${id}`, path: `/services/${id}` });
  }

  later(seconds) {
    return ask(`${this.path}/later`, { seconds });
  }

  // How the keys of the first issuer are doing.
  async keys() {
    return (await fetch(`${this.url}/keys`)).json();
  }

  get(path, token, method = 'GET') {
    const headers = { authorization: `Bearer ${token}` };
    return fetch(`${this.url}/${path}`, { method, headers });
  }

  post(path, token) {
    return this.get(path, token, 'POST');
  }

  async accepts(token) {
    const response = await this.get('claims', token);
    const text = await response.text();
    assert.equal(response.status, 200, `${response.headers.get('www-authenticate')} ${text}`);
    return JSON.parse(text);
  }

  // With 401, a challenge and this code.
  async refuses(code, token) {
    const response = await this.get('claims', token);
    const body = await response.json();
    assert.deepEqual([response.status, body.error_code], [401, code]);
    assert.match(response.headers.get('www-authenticate'), /^Bearer .*error="invalid_token"/);
  }

  // With 503 and without a challenge: the token may be good, and a client keeps it.
  async cannotTell(token) {
    const response = await this.get('claims', token);
    assert.equal(response.status, 503, await response.text());
    assert.equal(response.headers.get('www-authenticate'), null);
    assert.match(response.headers.get('retry-after'), /^[1-9][0-9]*$/);
  }
}
