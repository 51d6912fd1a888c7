// Private keys for the provider.
import * as jose from 'jose';

export async function newKey(alg, kid) {
  const { privateKey } = await jose.generateKeyPair(alg, { extractable: true });
  return { ...(await jose.exportJWK(privateKey)), kid, alg, use: 'sig' };
}

export async function newEncryptionKey(kid) {
  const { privateKey } = await jose.generateKeyPair('RSA-OAEP-256', { extractable: true });
  return { ...(await jose.exportJWK(privateKey)), kid, alg: 'RSA-OAEP-256', use: 'enc' };
}
