import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';

/** The public members of an ES256 key, and no others. */
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
  const { x, y } = pair.publicKey.export({ format: 'jwk' });
  if (x === undefined || y === undefined) throw new Error('an EC key without coordinates');
  const publicJwk: PublicJwk = { kty: 'EC', crv: 'P-256', x, y };
  return {
    kid: thumbprint(publicJwk),
    publicJwk,
    privateKey: pair.privateKey.export({ format: 'der', type: 'pkcs8' }),
  };
}

/** RFC 7638 §3.2: SHA-256 of the required members in lexicographic order. */
export function thumbprint({ crv, kty, x, y }: PublicJwk): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}

export function publicPem(publicJwk: PublicJwk): string {
  const key = createPublicKey({ key: { ...publicJwk }, format: 'jwk' });
  return key.export({ format: 'pem', type: 'spki' }).toString();
}
