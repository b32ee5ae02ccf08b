import { randomUUID, timingSafeEqual } from 'node:crypto';
import type { AccessTokenClaims } from '@pair/access-token';
import fp from 'fastify-plugin';
import { type Redis, ReplyError } from 'ioredis';
import type { RedisClock } from '../redis/clock.ts';
import { scriptRunner } from '../redis/script.ts';
import type { IssuedSession } from '../tokens/access-token.ts';
import { type CodeStore, createCodeStore } from './code-store.ts';
import { encodeRefreshToken, newSession, type RefreshToken, sha256, successorOf } from './refresh-token.ts';
import { REOPEN_WINDOW, SCRIPTS } from './scripts.ts';
import { openSuccessor, sealSuccessor } from './seal-successor.ts';
import {
  ABSOLUTE_LIMIT_MS,
  cutUserAgent,
  type FoundGrant,
  IDLE_LIMIT_MS,
  indexKey,
  MAX_SESSIONS_OF_USER,
  type Origin,
  sessionKey,
} from './session-record.ts';
import { unansweredRotations } from './unanswered-rotations.ts';

/**
 * `rotated` and `repeated` have the same successor; `address` is where the session was last used. `isElsewhere`: a repeat
 * from another address than that of the rotation, worth telling: see lua/rotate.lua.
 */
export type Rotation =
  | ({ outcome: 'rotated' } & IssuedSession)
  | ({ outcome: 'repeated'; address: string; isElsewhere: boolean } & IssuedSession)
  | { outcome: 'reuse'; address: string }
  | { outcome: 'unknown' };

export type Revocation =
  | { outcome: 'revoked' | 'known' | 'ended' }
  | { outcome: 'refused'; retryAfterMs: number };

/**
 * Access tokens that may be revoked one by one, in a burst and then one in each interval: by a client for a user, in all
 * sessions together, and by a client that acts for itself.
 */
const REVOCATIONS_OF_USER = { most: 10, intervalMs: 60_000 };
const REVOCATIONS_OF_CLIENT = { most: 100, intervalMs: 6_000 };

export interface FoundSession extends FoundGrant {
  /** How often it was rotated. */
  generation: number;
  /** Whether the token is the newest, and has not expired. */
  isLive: boolean;
}

/** For the person whose it is. Times in ms since 1970. */
export interface ListedSession extends Origin {
  sid: string;
  clientId: string;
  createdAt: number;
  usedAt: number;
}

export interface SessionStore extends CodeStore {
  /** Rejects while sessions cannot be changed. */
  ready(): Promise<void>;
  /** Begins a session; past the limit for a user the one that was unused for the longest is ended. */
  create(userId: string, clientId: string, origin: Origin): Promise<IssuedSession>;
  /** The session of a token with the right family secret, whichever nonce it has. */
  find(token: RefreshToken): Promise<FoundSession | undefined>;
  /** Consumes a refresh token and makes its successor; ends the session when it was consumed before: see lua/rotate.lua. */
  rotate(token: RefreshToken, found: FoundSession, clientId: string, origin: Origin): Promise<Rotation>;
  /** The one that was used last first. */
  listOfUser(userId: string): Promise<ListedSession[]>;
  /**
   * Ends a session and revokes its access tokens; resolves to the user whose it was. Ending it again does nothing, nor
   * does ending the session of somebody else than `userId`.
   */
  end(sid: string, userId?: string): Promise<string | undefined>;
  /** The same for a client that holds any refresh token of the session. */
  endByRefreshToken(token: RefreshToken): Promise<string | undefined>;
  /** The same for a client that holds an access token of it which was not revoked alone. */
  endByAccessToken(token: { sid: string; jti: string }): Promise<string | undefined>;
  /** Resolves to how many were ended. */
  endAllOfUser(userId: string): Promise<number>;
  /** One token, until it expires, and nothing else of its session, as far as the budget goes: see lua/revoke-access-token.lua. */
  revokeAccessToken(
    claims: Pick<AccessTokenClaims, 'jti' | 'exp' | 'sub' | 'client_id' | 'sid'>,
  ): Promise<Revocation>;
  /** The name of the data of Redis, which a token without a session carries too. */
  epoch(): Promise<string>;
  stop(): void;
}

/** Of lua/rotate.lua; those after the outcome are there as far as the outcome has them. */
type RotationReply = [
  outcome: Buffer,
  epochOrAddress: Buffer,
  sealed: Buffer,
  generation: number,
  address: Buffer,
  isElsewhere: number,
];

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

/** `now` is the time that limits are measured by, in ms since 1970; a test may move it. */
export function createSessionStore(
  redis: Redis,
  clock: RedisClock,
  options: { replayWindowSeconds: number; now?: () => number },
): SessionStore {
  const { replayWindowSeconds, now = clock.now } = options;
  const run = scriptRunner(redis, clock, SCRIPTS, now);
  redis.defineCommand('reopenWindow', REOPEN_WINDOW);
  const { reopenWindow } = redis as unknown as Record<
    'reopenWindow',
    (...args: (string | Buffer)[]) => Promise<unknown>
  >;
  const unanswered = unansweredRotations((sid, nonce) => reopenWindow.call(redis, sessionKey(sid), nonce));

  /** Of a session for which `field`, if there is one, has this value. */
  async function endSession(
    sid: string,
    field: '' | 'user_id' | 'family' = '',
    value: string | Buffer = '',
    jti = '',
  ) {
    const userId = await run('endSession', [sessionKey(sid)], sid, field, value, jti);
    return userId === null ? undefined : String(userId);
  }

  return {
    ...createCodeStore(redis, run),
    ready: clock.measure,

    async create(userId, clientId, origin) {
      const askedAt = Date.now();
      const token = newSession();
      const epoch = await run(
        'createSession',
        [sessionKey(token.sid)],
        token.sid,
        userId,
        clientId,
        origin.address,
        cutUserAgent(origin.userAgent),
        IDLE_LIMIT_MS,
        ABSOLUTE_LIMIT_MS,
        MAX_SESSIONS_OF_USER,
        sha256(token.familySecret),
        sha256(token.nonce),
        randomUUID(),
      );
      return { sid: token.sid, askedAt, refreshToken: encodeRefreshToken(token), epoch: String(epoch) };
    },

    async find(token) {
      const [family, nonce, userId, clientId, registration, scope, generation, expiresAt] =
        await redis.hmgetBuffer(
          sessionKey(token.sid),
          'family',
          'nonce',
          'user_id',
          'client_id',
          'registration',
          'scope',
          'generation',
          'expires_at',
        );
      if (family == null || !timingSafeEqual(family, sha256(token.familySecret))) return undefined;
      return {
        userId: String(userId),
        clientId: String(clientId),
        registration: registration == null ? undefined : String(registration),
        scope: scope == null ? undefined : String(scope),
        generation: Number(generation),
        isLive: nonce?.equals(sha256(token.nonce)) === true && now() < Number(expiresAt),
      };
    },

    async rotate(token, { generation }, clientId, origin) {
      const { sid } = token;
      const askedAt = Date.now();
      // `generation` is that of `token` if it is the newest, and otherwise what is sealed here is not stored
      const successor = successorOf(token);
      const newestNonce = sha256(successor.nonce);
      const answer = (await run(
        'rotateRefreshToken',
        [sessionKey(sid)],
        sid,
        clientId,
        sha256(token.familySecret),
        sha256(token.nonce),
        newestNonce,
        sealSuccessor(token, generation, successor),
        origin.address,
        cutUserAgent(origin.userAgent),
        IDLE_LIMIT_MS,
        replayWindowSeconds * 1_000,
        randomUUID(),
      ).catch((error) => {
        if (!(error instanceof ReplyError)) unanswered.add(sid, newestNonce);
        throw error;
      })) as RotationReply;

      const issued = (newest: RefreshToken, epoch: Buffer): IssuedSession => ({
        sid,
        askedAt,
        refreshToken: encodeRefreshToken(newest),
        epoch: String(epoch),
      });
      switch (String(answer[0])) {
        case 'rotated':
          return { outcome: 'rotated', ...issued(successor, answer[1]) };
        case 'repeated': {
          const [, epoch, sealed, sealedGeneration, address, isElsewhere] = answer;
          const newest = openSuccessor(token, sealedGeneration, sealed);
          return {
            outcome: 'repeated',
            address: String(address),
            isElsewhere: isElsewhere === 1,
            ...issued(newest, epoch),
          };
        }
        case 'reuse':
          return { outcome: 'reuse', address: String(answer[1]) };
        default:
          return { outcome: 'unknown' };
      }
    },

    async listOfUser(userId) {
      const listed = (await run('listSessions', [indexKey(userId)])) as Buffer[][];
      return listed.map((fields) => {
        const [sid = '', createdAt, usedAt, address = '', userAgent = '', clientId = ''] = fields.map(String);
        return { sid, clientId, createdAt: Number(createdAt), usedAt: Number(usedAt), address, userAgent };
      });
    },

    end: (sid, userId) => (userId === undefined ? endSession(sid) : endSession(sid, 'user_id', userId)),

    endByRefreshToken: (token) => endSession(token.sid, 'family', sha256(token.familySecret)),

    endByAccessToken: ({ sid, jti }) => endSession(sid, '', '', jti),

    endAllOfUser: async (userId) => Number(await run('endUserSessions', [indexKey(userId)])),

    async revokeAccessToken({ jti, exp, sub, client_id, sid = '' }) {
      const { most, intervalMs } = sid === '' ? REVOCATIONS_OF_CLIENT : REVOCATIONS_OF_USER;
      const keys = [`{auth}:revoked:${jti}`];
      const [outcome, retryAfterMs] = (await run(
        'revokeAccessToken',
        keys,
        jti,
        exp,
        `${sub}:${client_id}`,
        sid,
        most,
        intervalMs,
      )) as [outcome: Buffer, retryAfterMs: number];
      return { outcome: String(outcome), retryAfterMs } as Revocation;
    },

    epoch: async () => String(await run('nameEpoch', ['{auth}:epoch'], randomUUID())),

    stop: unanswered.stop,
  };
}
