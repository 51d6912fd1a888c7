// What our authorization server says of itself (RFC 8414).
import * as oauth from 'oauth4webapi';

import { ISSUER, OPTIONS } from './support.js';

export async function discover(issuer = ISSUER) {
  const response = await oauth.discoveryRequest(issuer, { ...OPTIONS, algorithm: 'oauth2' });
  return oauth.processDiscoveryResponse(issuer, response);
}
