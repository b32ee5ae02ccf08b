import type { FastifyRequest } from 'fastify';
import { invalidGrant } from './refresh.ts';
import { decodeRefreshToken } from './refresh-token.ts';

/**
 * Ends the session of each token that is presented: of an access token that may have been revoked before (so that
 * signing out twice is no error), of a refresh token whose session may be gone.
 *
 * @throws {Problem} 401 when nothing valid was presented, 503
 */
export async function signOut(request: FastifyRequest, refreshToken: string | undefined): Promise<void> {
  const { sessions, verifyAccessToken } = request.server;
  const token = refreshToken === undefined ? undefined : decodeRefreshToken(refreshToken);
  if (refreshToken !== undefined && token === undefined) throw invalidGrant();
  if (token !== undefined) await sessions.endByRefreshToken(token);

  if (request.headers.authorization === undefined && token !== undefined) return;
  try {
    const { claims } = await verifyAccessToken(request, { allowRevoked: true });
    await sessions.end(claims.sid);
  } catch (error) {
    // an expired access token is why a refresh token came along
    const statusCode = (error as { statusCode?: number }).statusCode;
    if (token === undefined || statusCode !== 401) throw error;
  }
}
