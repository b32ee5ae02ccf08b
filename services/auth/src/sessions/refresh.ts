import { Problem } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';
import type { Client } from '../clients/client.ts';
import { issueTokens } from '../tokens/access-token.ts';
import type { Tokens } from '../tokens/schemas.ts';
import { invalidScope } from '../tokens/scope.ts';
import { originOf } from './origin.ts';
import { decodeRefreshToken } from './refresh-token.ts';

/**
 * Consumes a refresh token (RFC 6749 §6, RFC 9700 §4.14.2) in one round trip to Redis. The session has all that a refresh
 * must know of the user: every change of the user ends the sessions, or makes them read the scopes again, before it is
 * committed.
 *
 * @param client the client of the request; `rotate` compares it with the client of the session
 * @param scope fewer scopes than were granted, for this access token only; undefined for all
 * @returns undefined for an invalid token, whatever the reason
 * @throws {Problem} 422 `invalid_scope`, 503
 */
export async function refresh(
  request: FastifyRequest,
  client: Client,
  refreshToken: string,
  scope: string | undefined,
): Promise<Tokens | undefined> {
  const app = request.server;
  const sign = app.accessTokenSigner();
  const token = decodeRefreshToken(refreshToken);
  if (token === undefined) return undefined;
  const origin = originOf(request);
  const rotation = await app.sessions.rotate(token, {
    client,
    scope,
    origin,
    readScopes: async (userId) => {
      const user = await app.users.findSettledById(userId);
      return user === undefined || user.disabled ? undefined : user.scopes;
    },
  });
  if (rotation.outcome === 'excessive') throw invalidScope();
  if (rotation.outcome === 'reuse') {
    app.audit.record(request, {
      event: 'refresh_token_reused',
      outcome: 'refused',
      userId: rotation.userId,
      sessionId: token.sid,
      clientId: client.id,
      sessionAddress: rotation.address,
    });
    request.log.warn(
      {
        sid: token.sid,
        user_id: rotation.userId,
        remote_address: origin.address,
        session_address: rotation.address,
      },
      'refresh token reused: session ended',
    );
  }
  if (rotation.outcome === 'reuse' || rotation.outcome === 'unknown') return undefined;
  if (rotation.outcome === 'repeated' && rotation.isElsewhere) {
    // a phone between two networks, or a thief within the window, who leaves no other trace
    app.audit.record(request, {
      event: 'refresh_token_repeated',
      outcome: 'succeeded',
      userId: rotation.userId,
      sessionId: token.sid,
      clientId: client.id,
      sessionAddress: rotation.address,
    });
  }
  return issueTokens(sign, client, rotation.userId, rotation.scope, rotation);
}

export const INVALID_REFRESH_TOKEN = 'The refresh token is not valid: sign in again.';

/** The refusal below `/auth`; below `/oauth` it is a 400 (RFC 6749 §5.2). */
export function invalidRefreshToken(): Problem {
  return new Problem(401, 'invalid_grant', INVALID_REFRESH_TOKEN, {
    headers: { 'www-authenticate': 'Bearer' },
  });
}
