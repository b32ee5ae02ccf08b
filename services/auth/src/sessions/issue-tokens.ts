import type { FastifyInstance } from 'fastify';
import { ACCESS_TOKEN_LIFETIME_SECONDS } from '../tokens/access-token-lifetime.ts';
import type { Tokens } from './schemas.ts';
import type { IssuedSession } from './session-store.ts';

/** The built-in public client that /auth/login and /auth/refresh act for. */
export const FIRST_PARTY = 'first-party';

/** The answer to a sign-in and to a refresh (RFC 6749 §5.1). */
export function issueTokens(
  app: FastifyInstance,
  userId: string,
  scopes: readonly string[],
  session: IssuedSession,
): Tokens {
  const scope = scopes.join(' ');
  return {
    access_token: app.signAccessToken(
      { sub: userId, client_id: FIRST_PARTY, sid: session.sid, scope, epoch: session.epoch },
      session.askedAt,
    ),
    token_type: 'Bearer',
    expires_in: ACCESS_TOKEN_LIFETIME_SECONDS,
    refresh_token: session.refreshToken,
    scope,
  };
}
