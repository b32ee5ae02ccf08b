import { randomUUID } from 'node:crypto';
import { ACCESS_TOKEN_LIFETIME_SECONDS, type AccessTokenClaims, type Proof } from '@pair/access-token';
import { createSigner } from 'fast-jwt';
import fp from 'fastify-plugin';
import type { Client } from '../clients/client.ts';
import type { Tokens } from './schemas.ts';

type Subject = Pick<AccessTokenClaims, 'sub' | 'client_id' | 'sid' | 'scope' | 'epoch' | 'cnf'>;

/** Signs an access token (RFC 9068), valid for ten minutes from `issuedAt` (ms since 1970). Never throws. */
export type SignAccessToken = (subject: Subject, issuedAt: number) => string;

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Returns a function that signs with the key that is active at that time, or else with the key that is active now.
     * Call this before you consume a code or a token: without a key, the client can then use the code or the token again.
     *
     * @throws {Problem} 503 while no key is active
     */
    accessTokenSigner(): SignAccessToken;
  }
}

/**
 * Signs with ES256 only. It calls fast-jwt, the library below @fastify/jwt, because `app.jwt.sign` imports the private key
 * again for each token.
 */
export const accessTokenSigner = fp<{ issuer: string; audience: string }>(
  async (app, { issuer, audience }) => {
    let signer: { kid: string; sign: SignAccessToken } | undefined;

    app.decorate('accessTokenSigner', () => {
      const known = currentSigner();
      return (subject, issuedAt) => (findSigner() ?? known)(subject, issuedAt);
    });

    function currentSigner(): SignAccessToken {
      const { kid, privatePem } = app.keyRing.signingKey();
      if (kid !== signer?.kid) signer = { kid, sign: signWith(kid, privatePem) };
      return signer.sign;
    }

    /** A key may be revoked while the request waits for a store: the next key then signs, if there is one. */
    function findSigner(): SignAccessToken | undefined {
      try {
        return currentSigner();
      } catch {
        return undefined;
      }
    }

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

/** The facts about a session that a new access token needs. */
export interface IssuedSession {
  sid: string;
  /**
   * The time of the request, in ms since 1970. The lifetime of the access token begins then: if this process stops for a
   * while before it signs, the token must not outlive a revocation from that time.
   */
  askedAt: number;
  refreshToken: string;
  epoch: string;
}

/**
 * Creates the answer to a sign-in or a refresh (RFC 6749 §5.1).
 *
 * @param proof of the request: the access token is bound to its key
 */
export function issueTokens(
  sign: SignAccessToken,
  client: Client,
  userId: string,
  scope: string,
  session: IssuedSession,
  proof: Proof | undefined,
): Tokens {
  return {
    access_token: sign(
      {
        sub: userId,
        client_id: client.id,
        sid: session.sid,
        scope,
        epoch: session.epoch,
        ...bindingTo(proof),
      },
      session.askedAt,
    ),
    token_type: tokenTypeOf(proof),
    expires_in: ACCESS_TOKEN_LIFETIME_SECONDS,
    refresh_token: session.refreshToken,
    scope,
  };
}

/** The claim that binds an access token to a key (RFC 9449 §6.1). */
export function bindingTo(proof: Proof | undefined): Pick<AccessTokenClaims, 'cnf'> {
  return proof === undefined ? {} : { cnf: { jkt: proof.jkt } };
}

/** RFC 9449 §5. */
export function tokenTypeOf(proof: Proof | undefined): Tokens['token_type'] {
  return proof === undefined ? 'Bearer' : 'DPoP';
}
