import { Problem } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';
import type { User } from '../users/repository.ts';
import { FIRST_PARTY, issueTokens } from './issue-tokens.ts';
import { originOf } from './origin.ts';
import { decodeRefreshToken } from './refresh-token.ts';
import type { Tokens } from './schemas.ts';

/**
 * Consumes a refresh token (RFC 6749 §6, RFC 9700 §4.14.2). User and scope are looked at first: what fails before the
 * token is consumed costs nothing, and a change to the user after that ends the session in Redis, where `rotate` looks.
 *
 * @param scope fewer than the user's, for this access token alone; undefined for all
 * @throws {Problem} 401 `invalid_grant`, which never tells why; 422 `invalid_scope`; 503
 */
export async function refresh(
  request: FastifyRequest,
  refreshToken: string,
  scope: string | undefined,
): Promise<Tokens> {
  const app = request.server;
  app.keyRing.signingKey(); // no token is consumed that no successor could be signed for
  const token = decodeRefreshToken(refreshToken);
  if (token === undefined) throw invalidGrant();
  const found = await app.sessions.find(token);
  if (found === undefined) throw invalidGrant();
  const user = await app.users.findById(found.userId);
  if (user === undefined || user.disabled) throw invalidGrant();
  const scopes = narrow(user, scope);

  const origin = originOf(request);
  const rotation = await app.sessions.rotate(token, found, FIRST_PARTY, origin);
  if (rotation.outcome === 'reuse') {
    app.audit.record(request, {
      event: 'refresh_token_reused',
      outcome: 'refused',
      userId: user.id,
      sessionId: token.sid,
      sessionAddress: rotation.address,
    });
    request.log.warn(
      {
        sid: token.sid,
        user_id: user.id,
        remote_address: origin.address,
        session_address: rotation.address,
      },
      'refresh token reused: session ended',
    );
  }
  if (rotation.outcome === 'reuse' || rotation.outcome === 'unknown') throw invalidGrant();
  if (rotation.outcome === 'repeated' && rotation.isElsewhere) {
    // a phone between two networks, or a thief who is within the window: the only trace of one
    app.audit.record(request, {
      event: 'refresh_token_repeated',
      outcome: 'succeeded',
      userId: user.id,
      sessionId: token.sid,
      sessionAddress: rotation.address,
    });
  }
  return issueTokens(app, user.id, scopes, rotation);
}

/** RFC 6749 §6: never more than was granted. */
function narrow(user: User, scope: string | undefined): string[] {
  if (scope === undefined) return user.scopes;
  const asked = new Set(scope.split(' ').filter((name) => name !== ''));
  const granted = user.scopes.filter((name) => asked.has(name));
  if (granted.length < asked.size) throw invalidScope();
  return granted;
}

export function invalidScope(): Problem {
  return new Problem(422, 'invalid_scope', 'The scope has more in it than this user may do.');
}

export function invalidGrant(): Problem {
  return new Problem(401, 'invalid_grant', 'The refresh token is not valid: sign in again.', {
    headers: { 'www-authenticate': 'Bearer' },
  });
}
