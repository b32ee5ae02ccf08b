import { randomUUID, timingSafeEqual } from 'node:crypto';
import { type AccessTokenClaims, EPOCH_KEY } from '@pair/access-token';
import fp from 'fastify-plugin';
import { type Redis, ReplyError } from 'ioredis';
import type { RedisClock } from '../redis/clock.ts';
import { defineScripts } from '../redis/deadline.ts';
import { defineScript } from '../redis/script.ts';
import type { IssuedSession } from '../tokens/access-token.ts';
import { type CodeStore, createCodeStore } from './authorization-code.ts';
import {
  encodeRefreshToken,
  newSession,
  type RefreshToken,
  sealSuccessor,
  sha256,
  successorOf,
  unsealSuccessor,
} from './refresh-token.ts';
import { REOPEN_WINDOW, type Revocation, SESSION_SCRIPTS } from './scripts.ts';
import {
  cutUserAgent,
  type FoundGrant,
  grantOf,
  indexKey,
  type ListedSession,
  type Origin,
  readSession,
  sessionKey,
} from './session-record.ts';
import { unansweredRotations } from './unanswered-rotations.ts';

/**
 * `rotated` and `repeated` have the same successor; `address` is the address of the session's last use. `isElsewhere`
 * is true if the repeat came from another address and must be reported. lua/rotate.lua explains the outcomes.
 */
export type Rotation =
  | ({ outcome: 'rotated' } & IssuedSession)
  | ({ outcome: 'repeated'; address: string; isElsewhere: boolean } & IssuedSession)
  | { outcome: 'reuse'; address: string }
  | { outcome: 'unknown' };

/**
 * The budgets for revoking access tokens one by one: a burst, and then one token in each interval. A client has one
 * budget for a user, in all sessions together, and one if it acts for itself.
 */
const REVOCATIONS_OF_USER = { budget: 10, intervalMs: 60_000 };
const REVOCATIONS_OF_CLIENT = { budget: 100, intervalMs: 6_000 };

export interface FoundSession extends FoundGrant {
  /** Number of rotations. */
  generation: number;
  /** True if the token is the newest, and has not expired. */
  isLive: boolean;
}

interface Conditions {
  userId?: string;
  family?: Buffer;
  jti?: string;
}

export interface SessionStore extends CodeStore {
  /** Rejects while sessions cannot be changed. */
  ready(): Promise<void>;
  /** Begins a session. If the user then has too many sessions, the longest unused one is ended. */
  create(userId: string, clientId: string, origin: Origin): Promise<IssuedSession>;
  /** Finds the session of a token with the right family secret and any nonce. */
  find(token: RefreshToken): Promise<FoundSession | undefined>;
  /** Consumes a refresh token and makes its successor, or ends the session if the token was consumed before. */
  rotate(token: RefreshToken, found: FoundSession, clientId: string, origin: Origin): Promise<Rotation>;
  /** Lists the sessions of a user, the last used first. */
  listOfUser(userId: string): Promise<ListedSession[]>;
  /**
   * Ends a session and revokes its access tokens; with `userId`, only a session of that user. Resolves to the user's
   * id, or to undefined if no session was ended.
   */
  end(sid: string, userId?: string): Promise<string | undefined>;
  /** Ends the session of a refresh token, the newest or not. */
  endByRefreshToken(token: RefreshToken): Promise<string | undefined>;
  /** Ends the session of an access token, unless that token was revoked alone. */
  endByAccessToken(token: { sid: string; jti: string }): Promise<string | undefined>;
  /** Ends all sessions of a user. Resolves to the number of ended sessions. */
  endAllOfUser(userId: string): Promise<number>;
  /** Revokes one token, and nothing else of its session, within the budget: see lua/revoke-access-token.lua. */
  revokeAccessToken(
    claims: Pick<AccessTokenClaims, 'jti' | 'exp' | 'sub' | 'client_id' | 'sid'>,
  ): Promise<Revocation>;
  /** Resolves to the name of the data in Redis. A token without a session carries it too. */
  epoch(): Promise<string>;
  stop(): void;
}

declare module 'fastify' {
  interface FastifyInstance {
    sessions: SessionStore;
  }
}

export const sessions = fp<{ replayWindowSeconds: number }>(
  async (app, { replayWindowSeconds }) => {
    const store = createSessionStore(app.redis, app.redisClock, { replayWindowSeconds });
    app.decorate('sessions', store);
    app.addHook('onClose', async () => store.stop());
  },
  { name: 'sessions', dependencies: ['redis', 'redis-clock'] },
);

/** @param options.now the time that limits are measured by, in ms since 1970; a test may move it */
export function createSessionStore(
  redis: Redis,
  clock: RedisClock,
  options: { replayWindowSeconds: number; now?: () => number },
): SessionStore {
  const { replayWindowSeconds, now = clock.now } = options;
  const scripts = defineScripts(redis, clock, SESSION_SCRIPTS, now);
  const reopenWindow = defineScript(redis, REOPEN_WINDOW);
  const unanswered = unansweredRotations((sid, nonce) =>
    reopenWindow({ sessionKey: sessionKey(sid), nonce }),
  );

  /** lua/end-session.lua explains the conditions. */
  const end = (sid: string, conditions: Conditions) =>
    scripts.end({ sessionKey: sessionKey(sid), sid, userId: '', family: '', jti: '', ...conditions });

  return {
    ...createCodeStore(redis, scripts),
    ready: clock.measure,

    async create(userId, clientId, origin) {
      const askedAt = Date.now();
      const token = newSession();
      const epoch = await scripts.create({
        sessionKey: sessionKey(token.sid),
        sid: token.sid,
        userId,
        clientId,
        address: origin.address,
        userAgent: cutUserAgent(origin.userAgent),
        family: sha256(token.familySecret),
        nonce: sha256(token.nonce),
        newEpoch: randomUUID(),
      });
      return { sid: token.sid, askedAt, refreshToken: encodeRefreshToken(token), epoch };
    },

    async find(token) {
      const session = await readSession(redis, token.sid, ['family', 'nonce', 'generation', 'expires_at']);
      const { family, nonce, generation, expires_at: expiresAt } = session;
      if (family === null || !timingSafeEqual(family, sha256(token.familySecret))) return undefined;
      return {
        ...grantOf(session),
        generation: Number(generation),
        isLive: nonce?.equals(sha256(token.nonce)) === true && now() < Number(expiresAt),
      };
    },

    async rotate(token, { generation }, clientId, origin) {
      const { sid } = token;
      const askedAt = Date.now();
      // `generation` is right only for the newest token; for any other token, Redis stores nothing of this
      const successor = successorOf(token);
      const newNonce = sha256(successor.nonce);
      const reply = await scripts
        .rotate({
          sessionKey: sessionKey(sid),
          sid,
          clientId,
          family: sha256(token.familySecret),
          nonce: sha256(token.nonce),
          newNonce,
          sealedSuccessor: sealSuccessor(token, generation, successor),
          address: origin.address,
          userAgent: cutUserAgent(origin.userAgent),
          windowMs: replayWindowSeconds * 1_000,
          newEpoch: randomUUID(),
        })
        .catch((error) => {
          if (!(error instanceof ReplyError)) unanswered.add(sid, newNonce);
          throw error;
        });

      const issued = (newest: RefreshToken, epoch: string): IssuedSession => ({
        sid,
        askedAt,
        refreshToken: encodeRefreshToken(newest),
        epoch,
      });
      switch (reply.outcome) {
        case 'rotated':
          return { outcome: 'rotated', ...issued(successor, reply.epoch) };
        case 'repeated': {
          const newest = unsealSuccessor(token, reply.generation, reply.successor);
          const { outcome, address, isElsewhere } = reply;
          return { outcome, address, isElsewhere, ...issued(newest, reply.epoch) };
        }
        default:
          return reply;
      }
    },

    listOfUser: (userId) => scripts.list({ indexKey: indexKey(userId) }),

    end: (sid, userId) => end(sid, userId === undefined ? {} : { userId }),

    endByRefreshToken: (token) => end(token.sid, { family: sha256(token.familySecret) }),

    endByAccessToken: ({ sid, jti }) => end(sid, { jti }),

    endAllOfUser: (userId) => scripts.endAllOfUser({ indexKey: indexKey(userId) }),

    revokeAccessToken: ({ jti, exp, sub, client_id, sid = '' }) =>
      scripts.revokeAccessToken({
        revokedKey: `{auth}:revoked:${jti}`,
        jti,
        exp,
        holder: `${sub}:${client_id}`,
        sid,
        ...(sid === '' ? REVOCATIONS_OF_CLIENT : REVOCATIONS_OF_USER),
      }),

    epoch: () => scripts.epoch({ epochKey: EPOCH_KEY, newEpoch: randomUUID() }),

    stop: unanswered.stop,
  };
}
