// What the provider knows: two APIs, three clients, and everybody who logs in.
import { errors } from 'oidc-provider';

export const JWT_API = 'https://api.test/jwt';
export const OPAQUE_API = 'https://api.test/opaque';
export const SCOPES = 'orders:read orders:write';
export const PAGE = { client_id: 'page', redirect_uri: 'https://page.test/callback' };
export const MACHINE = { client_id: 'machine', client_secret: 'the secret of the machine, 1234567' };
// Characters that a form encodes, and the colon that ends an ID which is not encoded.
const SECRET = 'the secret: 7654321 +%&=/?';
// By where they have their secret: the provider holds each to one place.
export const SERVICES = {
  header: { client_id: 'service:1', client_secret: SECRET },
  body: { client_id: 'service:2', client_secret: SECRET },
};
export const SERVICE = SERVICES.header;

const HOUR = 3600;

export function configuration(issuer, keys, signs) {
  return {
    jwks: { keys },
    cookies: { keys: ['of a provider that lives for one test'] },
    clients: [
      {
        client_id: PAGE.client_id,
        redirect_uris: [PAGE.redirect_uri],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
        id_token_signed_response_alg: signs.alg,
      },
      {
        ...MACHINE,
        redirect_uris: [],
        response_types: [],
        grant_types: ['client_credentials'],
        id_token_signed_response_alg: signs.alg,
      },
      ...Object.entries(SERVICES).map(([place, service]) => ({
        ...service,
        redirect_uris: [],
        response_types: [],
        grant_types: [],
        token_endpoint_auth_method: place === 'header' ? 'client_secret_basic' : 'client_secret_post',
        id_token_signed_response_alg: signs.alg,
      })),
    ],
    scopes: ['openid', 'offline_access', ...SCOPES.split(' ')],
    enabledJWA: {
      // It takes no key that it has no use for.
      idTokenSigningAlgValues: keys.filter((key) => key.use === 'sig').map((key) => key.alg),
      idTokenEncryptionAlgValues: ['RSA-OAEP-256'],
    },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { url: (_context, { uid }) => `${issuer}/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      encryption: { enabled: true },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_context, client) => isService(client) },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, indicator) => resource(indicator, signs),
      },
    },
    // Longer than the tests let time pass.
    ttl: {
      AccessToken: 24 * HOUR,
      ClientCredentials: 24 * HOUR,
      Grant: 24 * HOUR,
      IdToken: HOUR,
      Interaction: HOUR,
      Session: 24 * HOUR,
    },
  };
}

const isService = ({ clientId }) =>
  Object.values(SERVICES).some((service) => service.client_id === clientId);

function resource(indicator, signs) {
  const api = { scope: SCOPES, audience: indicator, accessTokenTTL: 24 * HOUR };
  switch (indicator) {
    case JWT_API:
      return { ...api, accessTokenFormat: 'jwt', jwt: { sign: { alg: signs.alg, kid: signs.kid } } };
    case OPAQUE_API:
      return { ...api, accessTokenFormat: 'opaque' };
    default:
      throw new errors.InvalidTarget();
  }
}
