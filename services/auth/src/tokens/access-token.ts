import { randomUUID } from 'node:crypto';
import { ACCESS_TOKEN_LIFETIME_SECONDS, type AccessTokenClaims } from '@pair/access-token';
import { createSigner } from 'fast-jwt';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Client } from '../clients/client.ts';
import type { Tokens } from './schemas.ts';

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

/** What a new access token needs to know of its session. */
export interface IssuedSession {
  sid: string;
  /**
   * When it was asked for, in ms since 1970. The access token is as old as that: should this process stand still before
   * it signs, a token must not outlive what revoked it meanwhile.
   */
  askedAt: number;
  refreshToken: string;
  epoch: string;
}

/** The answer to a sign-in and to a refresh (RFC 6749 §5.1). */
export function issueTokens(
  app: FastifyInstance,
  client: Client,
  userId: string,
  scopes: readonly string[],
  session: IssuedSession,
): Tokens {
  const scope = scopes.join(' ');
  return {
    access_token: app.signAccessToken(
      { sub: userId, client_id: client.id, sid: session.sid, scope, epoch: session.epoch },
      session.askedAt,
    ),
    token_type: 'Bearer',
    expires_in: ACCESS_TOKEN_LIFETIME_SECONDS,
    refresh_token: session.refreshToken,
    scope,
  };
}
