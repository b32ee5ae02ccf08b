import { randomUUID, timingSafeEqual } from 'node:crypto';
import { ACCESS_TOKEN_LIFETIME_SECONDS } from '@pair/access-token';
import type { Redis } from 'ioredis';
import type { Client } from '../clients/client.ts';
import type { ScriptRunner } from '../redis/script.ts';
import type { IssuedSession } from '../tokens/access-token.ts';
import {
  type AuthorizationCode,
  encodeAuthorizationCode,
  newAuthorizationCode,
} from './authorization-code.ts';
import { encodeRefreshToken, newSession, sha256 } from './refresh-token.ts';
import type { SCRIPTS } from './scripts.ts';
import {
  ABSOLUTE_LIMIT_MS,
  cutUserAgent,
  type FoundGrant,
  IDLE_LIMIT_MS,
  MAX_SESSIONS_OF_USER,
  type Origin,
  sessionKey,
} from './session-record.ts';

const CODE_LIFETIME_MS = 60_000;

/** What was authorized (RFC 6749 §4.1.1): only a request that has the same may have the tokens. */
export interface Authorization {
  client: Pick<Client, 'id' | 'registration' | 'grants'>;
  redirectUri: string;
  /** RFC 7636 §4.2, S256. */
  codeChallenge: string;
}

/**
 * `reuse`: the session that the code began is ended; `address` is where it was last used. `refused`: the first time that
 * something else than what was authorized came with the code; `address` is where the user signed in.
 */
export type Redemption =
  | ({ outcome: 'redeemed' } & IssuedSession)
  | { outcome: 'reuse' | 'refused'; address: string }
  | { outcome: 'unknown' };

/** Sessions that begin with an authorization code. */
export interface CodeStore {
  /** Begins a session that has no tokens yet, only an authorization code, good for a minute and once. */
  beginAuthorization(
    userId: string,
    scope: string,
    authorization: Authorization,
    origin: Origin,
  ): Promise<{ sid: string; code: string }>;
  /** Whose the code is, whether or not it can still be redeemed. */
  findByCode(code: AuthorizationCode): Promise<FoundGrant | undefined>;
  /** Consumes a code; ends its session when it was consumed before: see lua/redeem-code.lua. */
  redeemCode(code: AuthorizationCode, authorization: Authorization): Promise<Redemption>;
}

export function createCodeStore(redis: Redis, run: ScriptRunner<keyof typeof SCRIPTS>): CodeStore {
  return {
    async beginAuthorization(userId, scope, { client, redirectUri, codeChallenge }, origin) {
      const code = newAuthorizationCode();
      await run(
        'beginAuthorization',
        [sessionKey(code.sid)],
        code.sid,
        userId,
        client.id,
        origin.address,
        cutUserAgent(origin.userAgent),
        IDLE_LIMIT_MS,
        ABSOLUTE_LIMIT_MS,
        MAX_SESSIONS_OF_USER,
        scope,
        sha256(code.secret),
        sha256(redirectUri),
        codeChallenge,
        CODE_LIFETIME_MS,
        client.registration,
      );
      return { sid: code.sid, code: encodeAuthorizationCode(code) };
    },

    async findByCode({ sid, secret }) {
      const [code, userId, clientId, registration, scope] = await redis.hmgetBuffer(
        sessionKey(sid),
        'code',
        'user_id',
        'client_id',
        'registration',
        'scope',
      );
      if (code == null || !timingSafeEqual(code, sha256(secret))) return undefined;
      return {
        userId: String(userId),
        clientId: String(clientId),
        registration: registration == null ? undefined : String(registration),
        scope: String(scope),
      };
    },

    async redeemCode({ sid, secret }, { client, redirectUri, codeChallenge }) {
      const askedAt = Date.now();
      const token = newSession(sid);
      const [outcome, epochOrAddress] = (await run(
        'redeemCode',
        [sessionKey(sid)],
        sid,
        client.id,
        sha256(secret),
        sha256(redirectUri),
        codeChallenge,
        sha256(token.familySecret),
        sha256(token.nonce),
        client.grants.includes('refresh_token') ? IDLE_LIMIT_MS : ACCESS_TOKEN_LIFETIME_SECONDS * 1_000,
        IDLE_LIMIT_MS,
        MAX_SESSIONS_OF_USER,
        randomUUID(),
      )) as [outcome: Buffer, epochOrAddress: Buffer];
      switch (String(outcome)) {
        case 'redeemed': {
          const refreshToken = encodeRefreshToken(token);
          return { outcome: 'redeemed', sid, askedAt, refreshToken, epoch: String(epochOrAddress) };
        }
        case 'reuse':
        case 'refused':
          return { outcome: String(outcome) as 'reuse' | 'refused', address: String(epochOrAddress) };
        default:
          return { outcome: 'unknown' };
      }
    },
  };
}
