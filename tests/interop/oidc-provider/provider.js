// An identity provider on a port of its own, whose keys can change and which can go away.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';

import { Provider } from 'oidc-provider';

import { configuration } from './configuration.js';
import { interact } from './interact.js';

export class IdentityProvider {
  // `keys` are private JWKs, `signs` the one that signs; `path` begins with a slash, or is empty.
  static async start({ keys, signs = keys[0], path = '' }) {
    const provider = new IdentityProvider();
    Object.assign(provider, { path, requests: [], port: 0 });
    await provider.resume();
    provider.publish(keys, signs);
    return provider;
  }

  get issuer() {
    return `http://127.0.0.1:${this.port}${this.path}`;
  }

  // Changes the keys, as a restart with other ones does. Grants and tokens stay: they are in memory
  // that all providers of a process share.
  publish(keys, signs = keys[0]) {
    assert.ok(keys.includes(signs));
    this.provider = new Provider(this.issuer, configuration(this.issuer, keys, signs));
    this.handler = this.provider.callback();
  }

  // On the port that it had before, so that it is the same issuer.
  async resume() {
    this.server = http.createServer((request, response) => this.#answer(request, response));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = this.server.address().port;
  }

  async stop() {
    // A test that fails while it is away stops it again.
    if (!this.server.listening) {
      return;
    }
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  // How often a path was asked for.
  count(ending) {
    return this.requests.filter((path) => path.endsWith(ending)).length;
  }

  #answer(request, response) {
    this.requests.push(request.url);
    if (!request.url.startsWith(`${this.path}/`)) {
      response.writeHead(404).end();
      return;
    }
    // How oidc-provider is mounted below a path.
    request.originalUrl = request.url;
    request.url = request.url.slice(this.path.length);
    if (request.url.startsWith('/interaction/')) {
      interact(this.provider, request, response);
    } else {
      this.handler(request, response);
    }
  }
}
