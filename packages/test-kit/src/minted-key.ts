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

/** A signing key pair like those of auth, which signs any content. */
export interface MintedKey {
  kid: string;
  publicJwk: JWK;
  publicPem: string;
  privatePem: string;
  /** Signs `claims` unchecked. `header` overrides members of auth's header; an undefined member is left out. */
  sign(claims: object, header?: object): Promise<string>;
}

/** Creates an ES256 key; `kid` is its RFC 7638 thumbprint. */
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

/** The claims of an access token that is valid from now on for ten minutes. */
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
