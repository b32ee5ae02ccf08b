import { randomUUID } from 'node:crypto';
import { ACCESS_TOKEN_LIFETIME_SECONDS, type AccessTokenClaims } from '@pair/access-token';
import { createSigner } from 'fast-jwt';
import fp from 'fastify-plugin';

type Subject = Pick<AccessTokenClaims, 'sub' | 'client_id' | 'sid' | 'scope' | 'epoch'>;

declare module 'fastify' {
  interface FastifyInstance {
    /** An access token (RFC 9068), valid for ten minutes from `issuedAt` (ms). Throws 503 while there is no key to sign with. */
    signAccessToken(subject: Subject, issuedAt: number): string;
  }
}

/**
 * ES256 and nothing else. fast-jwt, which is what @fastify/jwt signs with, is used directly: `app.jwt.sign` imports
 * the private key anew for each token.
 */
export const accessTokenSigner = fp<{ issuer: string; audience: string }>(
  async (app, { issuer, audience }) => {
    let signingKid: string | undefined;
    let sign: (claims: AccessTokenClaims) => string;

    app.decorate('signAccessToken', (subject, issuedAt) => {
      const { kid, privatePem } = app.keyRing.signingKey();
      if (kid !== signingKid) {
        sign = createSigner({
          key: privatePem,
          algorithm: 'ES256',
          kid,
          header: { typ: 'at+jwt', alg: 'ES256' },
        });
        signingKid = kid;
      }
      const iat = Math.floor(issuedAt / 1_000);
      return sign({
        iss: issuer,
        aud: audience,
        ...subject,
        iat,
        exp: iat + ACCESS_TOKEN_LIFETIME_SECONDS,
        jti: randomUUID(),
      });
    });
  },
  { name: 'access-token-signer', dependencies: ['key-ring'] },
);
