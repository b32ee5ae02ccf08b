import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** The public members of an ES256 key, without any private member. */
export interface PublicJwk {
  kty: 'EC';
  crv: 'P-256';
  x: string;
  y: string;
}

export interface NewSigningKey {
  kid: string;
  publicJwk: PublicJwk;
  /** PKCS #8, DER. */
  privateKey: Buffer;
}

export function generateSigningKey(): NewSigningKey {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicJwk = publicJwkOf(pair.publicKey);
  return {
    kid: thumbprint(publicJwk),
    publicJwk,
    privateKey: pair.privateKey.export({ format: 'der', type: 'pkcs8' }),
  };
}

/** @throws {Error} when the key is not a P-256 key */
export function publicJwkOf(key: KeyObject): PublicJwk {
  const { crv, x, y } = key.export({ format: 'jwk' });
  if (crv !== 'P-256' || x === undefined || y === undefined) throw new Error('not a key for ES256');
  return { kty: 'EC', crv, x, y };
}

/** Computes the thumbprint of RFC 7638 §3.2: SHA-256 of the required members in lexicographic order. */
export function thumbprint({ crv, kty, x, y }: PublicJwk): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}

export function publicPem(publicJwk: PublicJwk): string {
  const key = createPublicKey({ key: { ...publicJwk }, format: 'jwk' });
  return key.export({ format: 'pem', type: 'spki' }).toString();
}
