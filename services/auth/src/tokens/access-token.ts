import { randomUUID } from 'node:crypto';
import { ACCESS_TOKEN_LIFETIME_SECONDS, type AccessTokenClaims } from '@pair/access-token';
import { createSigner } from 'fast-jwt';
import fp from 'fastify-plugin';
import type { Client } from '../clients/client.ts';
import type { Tokens } from './schemas.ts';

type Subject = Pick<AccessTokenClaims, 'sub' | 'client_id' | 'sid' | 'scope' | 'epoch'>;

/** Makes an access token (RFC 9068), valid for ten minutes from `issuedAt` (ms since 1970). Never throws. */
export type SignAccessToken = (subject: Subject, issuedAt: number) => string;

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Signs with the key that is active now. To be called before a code or a token is consumed, so that none is consumed in
     * vain.
     *
     * @throws {Problem} 503 while there is no key
     */
    accessTokenSigner(): SignAccessToken;
  }
}

/**
 * ES256 and nothing else. fast-jwt, which is what @fastify/jwt signs with, is used directly: `app.jwt.sign` imports
 * the private key anew for each token.
 */
export const accessTokenSigner = fp<{ issuer: string; audience: string }>(
  async (app, { issuer, audience }) => {
    let signer: { kid: string; sign: SignAccessToken } | undefined;

    app.decorate('accessTokenSigner', () => {
      const { kid, privatePem } = app.keyRing.signingKey();
      if (kid !== signer?.kid) signer = { kid, sign: signWith(kid, privatePem) };
      return signer.sign;
    });

    function signWith(kid: string, key: string): SignAccessToken {
      const header = { typ: 'at+jwt', alg: 'ES256' };
      const sign = createSigner({ key, algorithm: 'ES256', kid, header });
      return (subject, issuedAt) => {
        const iat = Math.floor(issuedAt / 1_000);
        const exp = iat + ACCESS_TOKEN_LIFETIME_SECONDS;
        return sign({ iss: issuer, aud: audience, ...subject, iat, exp, jti: randomUUID() });
      };
    }
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
  sign: SignAccessToken,
  client: Client,
  userId: string,
  scopes: readonly string[],
  session: IssuedSession,
): Tokens {
  const scope = scopes.join(' ');
  return {
    access_token: sign(
      { sub: userId, client_id: client.id, sid: session.sid, scope, epoch: session.epoch },
      session.askedAt,
    ),
    token_type: 'Bearer',
    expires_in: ACCESS_TOKEN_LIFETIME_SECONDS,
    refresh_token: session.refreshToken,
    scope,
  };
}
