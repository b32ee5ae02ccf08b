import { ACCESS_TOKEN_LIFETIME_SECONDS } from '@pair/access-token';
import type { FastifyInstance } from 'fastify';
import type { Client } from '../clients/client.ts';
import type { Tokens } from '../sessions/schemas.ts';
import type { IssuedSession } from '../sessions/session-record.ts';

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
