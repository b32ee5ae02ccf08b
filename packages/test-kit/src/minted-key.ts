import { randomUUID } from 'node:crypto';
import {
  CompactSign,
  calculateJwkThumbprint,
  exportJWK,
  exportPKCS8,
  exportSPKI,
  generateKeyPair,
  type JWK,
} from 'jose';

/** A signing key pair as auth has them, and the power to sign anything with it. */
export interface MintedKey {
  kid: string;
  publicJwk: JWK;
  publicPem: string;
  privatePem: string;
  /** Signs `claims` as they are, right or wrong. `header` is laid over what auth writes; undefined removes. */
  sign(claims: object, header?: object): Promise<string>;
}

/** A new ES256 key; `kid` is its RFC 7638 thumbprint. */
export async function mintKey(): Promise<MintedKey> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    kid,
    publicJwk: { ...jwk, kid, alg: 'ES256', use: 'sig' },
    publicPem: await exportSPKI(publicKey),
    privatePem: await exportPKCS8(privateKey),
    sign: (claims, header) =>
      new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid, ...header })
        .sign(privateKey),
  };
}

const ISSUER = 'http://localhost:8080';

/** The claims of an access token that is valid now, for ten minutes. */
export function mintClaims<T extends object = Record<never, never>>(overrides?: T) {
  const now = Math.floor(Date.now() / 1_000);
  return {
    iss: ISSUER,
    sub: randomUUID(),
    aud: ISSUER,
    client_id: 'first-party',
    iat: now,
    exp: now + 600,
    jti: randomUUID(),
    sid: randomUUID(),
    scope: 'customers:read customers:write',
    epoch: 'test-epoch',
    ...overrides,
  };
}
