import type { AccessTokenClaims } from '@pair/access-token';
import { Problem } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';
import { noted } from '../redis/unconfirmed.ts';

/**
 * Revokes one access token, and records an event if that changed something. A budget bounds the cost: beyond it the
 * session of the token is ended, as RFC 7009 §2.1 allows.
 *
 * @throws {Problem} 429 `too_many_revocations` for a token without a session, 503
 */
export async function revokeAccessToken(
  request: FastifyRequest,
  claims: Readonly<AccessTokenClaims>,
): Promise<void> {
  const { sessions, audit } = request.server;
  const revocation = await noted(sessions.revokeAccessToken(claims), ({ outcome }) => {
    if (outcome === 'refused' || outcome === 'known') return;
    const isEnded = outcome === 'ended';
    audit.record(request, {
      event: isEnded ? 'session_ended' : 'access_token_revoked',
      outcome: 'succeeded',
      userId: claims.sid === undefined ? undefined : claims.sub,
      sessionId: claims.sid,
      clientId: claims.client_id,
      ...(isEnded ? { detail: 'too many access tokens were revoked one by one' } : {}),
    });
  });
  if (revocation.outcome === 'refused') throw tooManyRevocations(revocation.retryAfterMs);
}

export function tooManyRevocations(retryAfterMs: number): Problem {
  const seconds = String(Math.ceil(retryAfterMs / 1_000));
  return new Problem(
    429,
    'too_many_revocations',
    `Your client revoked too many access tokens. Try again in ${seconds} seconds, or let the token expire.`,
    { headers: { 'retry-after': seconds } },
  );
}
