import type { FastifyRequest } from 'fastify';
import { spendProof } from '../dpop/token-proof.ts';
import { noted } from '../redis/unconfirmed.ts';
import { invalidRefreshToken } from './refresh.ts';
import { decodeRefreshToken } from './refresh-token.ts';
import { revokeAccessToken } from './revoke-access-token.ts';

/**
 * Ends the session of each token in the request, access token or refresh token. The session may have ended already, so
 * signing out twice is no error. A token without a session is revoked. An access token that was revoked alone ends
 * nothing: its session goes on.
 *
 * A refresh token of a session that is bound to a key needs no proof here. RFC 9449 is silent; to end a session is in the
 * interest of its user, also from a device that lost the key, and a thief gains nothing by it.
 *
 * @throws {Problem} 401 without a valid token, 429 `too_many_revocations`, 503
 */
export async function signOut(request: FastifyRequest, refreshToken: string | undefined): Promise<void> {
  const { sessions, audit, verifyAccessToken } = request.server;
  const token = refreshToken === undefined ? undefined : decodeRefreshToken(refreshToken);
  if (refreshToken !== undefined && token === undefined) throw invalidRefreshToken();
  const recorded = (sessionId: string, end: Promise<string | undefined>) =>
    noted(end, (userId) => {
      if (userId === undefined) return;
      audit.record(request, { event: 'sign_out', outcome: 'succeeded', actorId: userId, userId, sessionId });
    });
  if (token !== undefined) await recorded(token.sid, sessions.endByRefreshToken(token));

  if (request.headers.authorization === undefined && token !== undefined) return;
  try {
    const { claims } = await verifyAccessToken(request, { allowRevoked: true });
    await spendProof(request);
    if (claims.sid === undefined) {
      await revokeAccessToken(request, claims);
      return;
    }
    const { sid, jti } = claims;
    await recorded(sid, sessions.endByAccessToken({ sid, jti }));
  } catch (error) {
    // a client sends a refresh token because its access token has expired
    const statusCode = (error as { statusCode?: number }).statusCode;
    if (token === undefined || statusCode !== 401) throw error;
  }
}
