import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';

/** A public EC key as JWK. */
export interface ProofJwk {
  kty: string;
  crv: string;
  x: string;
  y: string;
}

/** The content of a proof (RFC 9449 §4.2). */
export interface ProofOf {
  method: string;
  url: string;
  accessToken?: string;
  nonce?: string;
}

/** The key of a client of DPoP, which signs any content. */
export interface ProofKey {
  jwk: ProofJwk;
  privateKey: KeyObject;
  /** A right proof; `claims` overrides its claims. */
  prove(request: ProofOf, claims?: object): string;
  /** The header and the claims of a right proof. */
  draft(request: ProofOf): { header: Record<string, unknown>; claims: Record<string, unknown> };
  /** Signs any header and claims. */
  sign(header: unknown, claims: unknown): string;
}

/** Creates a key pair of P-256. */
export function mintProofKey(): ProofKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' }) as unknown as ProofJwk;
  const draft: ProofKey['draft'] = ({ method, url, accessToken, nonce }) => ({
    header: { typ: 'dpop+jwt', alg: 'ES256', jwk },
    claims: {
      jti: randomUUID(),
      htm: method,
      htu: url,
      iat: Math.floor(Date.now() / 1_000),
      ...(accessToken !== undefined && {
        ath: createHash('sha256').update(accessToken).digest('base64url'),
      }),
      ...(nonce !== undefined && { nonce }),
    },
  });
  const signAny = (header: unknown, claims: unknown) => {
    const input = [header, claims].map((part) => base64url(part)).join('.');
    const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  };
  return {
    jwk,
    privateKey,
    draft,
    sign: signAny,
    prove: (request, claims) => {
      const right = draft(request);
      return signAny(right.header, { ...right.claims, ...claims });
    },
  };
}

function base64url(part: unknown): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}
