import { Problem } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';
import { FIRST_PARTY, issueTokens } from './issue-tokens.ts';
import { decodeRefreshToken } from './refresh-token.ts';
import type { Tokens } from './schemas.ts';

/**
 * Consumes a refresh token (RFC 6749 §6, RFC 9700 §4.14.2). The user is read first: what fails before the token is
 * consumed costs nothing, and a change to the user after that ends the session in Redis, where `rotate` looks.
 *
 * @throws {Problem} 401 `invalid_grant`, which never tells why; 503
 */
export async function refresh(request: FastifyRequest, refreshToken: string): Promise<Tokens> {
  const app = request.server;
  app.keyRing.signingKey(); // no token is consumed that no successor could be signed for
  const token = decodeRefreshToken(refreshToken);
  if (token === undefined) throw invalidGrant();
  const userId = await app.sessions.findUserId(token.sid);
  if (userId === undefined) throw invalidGrant();
  const user = await app.users.findById(userId);
  if (user === undefined || user.disabled) throw invalidGrant();

  const rotation = await app.sessions.rotate(token, FIRST_PARTY);
  if (rotation.outcome === 'reuse') {
    request.log.warn(
      { sid: token.sid, user_id: userId, remote_address: request.ip },
      'refresh token reused: session ended',
    );
  }
  if (rotation.outcome !== 'rotated') throw invalidGrant();
  return issueTokens(app, user, rotation);
}

export function invalidGrant(): Problem {
  return new Problem(401, 'invalid_grant', 'The refresh token is not valid: sign in again.', {
    headers: { 'www-authenticate': 'Bearer' },
  });
}
