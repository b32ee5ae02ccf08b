import { Problem } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';
import type { SecurityEventName } from '../audit/security-events.ts';
import type { Client } from '../clients/client.ts';
import { sessionKeyOf, spendProof } from '../dpop/token-proof.ts';
import { noted } from '../redis/unconfirmed.ts';
import { issueTokens } from '../tokens/access-token.ts';
import type { Tokens } from '../tokens/schemas.ts';
import { invalidScope } from '../tokens/scope.ts';
import { originOf } from './origin.ts';
import { decodeRefreshToken, type RefreshToken } from './refresh-token.ts';
import type { Rotation } from './session-store.ts';

/**
 * Checks the proof of a request, if it has or needs one, and consumes a refresh token (RFC 6749 §6, RFC 9700 §4.14.2): in one round trip
 * to Redis, and with a proof in three. The session has all that a refresh must know of the user: every change of the user ends
 * the sessions, or makes them read the scopes again, before it is committed.
 *
 * @param client the client of the request; `rotate` compares it with the client of the session
 * @param scope fewer scopes than were granted, for this access token only; undefined for all
 * @returns undefined for an invalid token, whatever the reason
 * @throws {Problem} 401 `invalid_dpop_proof` or `use_dpop_nonce`, 422 `invalid_scope`, 503
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
  try {
    app.checkTokenProof(request, client);
  } catch (error) {
    if (request.headers.dpop === undefined && token !== undefined)
      await findTheft(request, client, token, scope);
    throw error;
  }
  if (token === undefined) return undefined;
  // any attacker can sign proofs: only the holder of a session and of its key may fill Redis with used ones
  if (request.proof !== undefined) {
    const found = await app.sessions.find(token);
    const isOwn = found?.clientId === client.id && (found.jkt ?? request.proof.jkt) === request.proof.jkt;
    if (isOwn) await spendProof(request);
  }
  const rotation = await rotate(request, client, token, scope);
  if (rotation.outcome === 'excessive') throw invalidScope();
  if (rotation.outcome !== 'rotated' && rotation.outcome !== 'repeated') return undefined;
  return issueTokens(sign, client, rotation.userId, rotation.scope, rotation, request.proof);
}

/**
 * Finds a theft out although a required proof is missing: a bound token without its key is recorded, and a consumed token ends a
 * session that had Bearer tokens. The newest token of an unbound session, which would be consumed, is left alone.
 */
async function findTheft(
  request: FastifyRequest,
  client: Client,
  token: RefreshToken,
  scope: string | undefined,
): Promise<void> {
  const found = await request.server.sessions.find(token);
  if (found !== undefined && (found.jkt !== undefined || !found.isLive))
    await rotate(request, client, token, scope);
}

/** Rotates for the key of the request; for none without a proof. */
function rotate(
  request: FastifyRequest,
  client: Client,
  token: RefreshToken,
  scope: string | undefined,
): Promise<Rotation> {
  const app = request.server;
  return noted(
    app.sessions.rotate(token, {
      client,
      scope,
      origin: originOf(request),
      jkt: sessionKeyOf(client, request.proof),
      readScopes: async (userId) => {
        const user = await app.users.findSettledById(userId);
        return user === undefined || user.disabled ? undefined : user.scopes;
      },
    }),
    (outcome) => report(request, client, token.sid, outcome),
  );
}

/** Writes a rotation that may be an attack to the audit: the only trace of a thief. */
function report(request: FastifyRequest, client: Client, sid: string, rotation: Rotation): void {
  switch (rotation.outcome) {
    case 'repeated':
      // a phone between two networks, or a thief within the window
      if (rotation.isElsewhere) record('refresh_token_repeated', 'succeeded', rotation);
      break;
    case 'reuse':
      record('refresh_token_reused', 'refused', rotation);
      warn('refresh token reused: session ended', rotation);
      break;
    case 'without_key':
      if (!rotation.isReported) break;
      record('refresh_token_without_key', 'refused', rotation);
      warn('refresh token without a proof of its key: refused, and the session goes on', rotation);
  }

  function record(
    event: SecurityEventName,
    outcome: 'succeeded' | 'refused',
    { userId, address }: Use,
  ): void {
    const concerned = { userId, sessionId: sid, clientId: client.id, sessionAddress: address };
    request.server.audit.record(request, { event, outcome, ...concerned });
  }

  function warn(message: string, { userId, address }: Use): void {
    request.log.warn(
      { sid, user_id: userId, remote_address: originOf(request).address, session_address: address },
      message,
    );
  }
}

/** `address` is the address of the last use of the session. */
interface Use {
  userId: string;
  address: string;
}

export const INVALID_REFRESH_TOKEN = 'The refresh token is not valid: sign in again.';

/** The refusal below `/auth`; below `/oauth` it is a 400 (RFC 6749 §5.2). */
export function invalidRefreshToken(): Problem {
  return new Problem(401, 'invalid_grant', INVALID_REFRESH_TOKEN, {
    headers: { 'www-authenticate': 'Bearer' },
  });
}
