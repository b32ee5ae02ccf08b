import { randomUUID, timingSafeEqual } from 'node:crypto';
import fp from 'fastify-plugin';
import { type Redis, ReplyError } from 'ioredis';
import type { RedisClock } from './redis-clock.ts';
import { encodeRefreshToken, newSession, type RefreshToken, sha256, successorOf } from './refresh-token.ts';
import { scriptRunner } from './run-script.ts';
import { REOPEN_WINDOW, SCRIPTS } from './scripts.ts';
import { openSuccessor, sealSuccessor } from './seal-successor.ts';
import { unansweredRotations } from './unanswered-rotations.ts';

const IDLE_LIMIT_MS = 7 * 24 * 3_600_000;
const ABSOLUTE_LIMIT_MS = 30 * 24 * 3_600_000;
const MAX_SESSIONS_OF_USER = 100;
/** Enough for a browser's; bytes, for the hash of a session stays compact in Redis only while its values are short. */
const MAX_USER_AGENT_BYTES = 192;

/** Where a request came from. */
export interface Origin {
  address: string;
  userAgent: string;
}

/** What a new access token needs to know of its session. */
export interface IssuedSession {
  sid: string;
  /**
   * When it was asked for, in ms since 1970. The access token is as old as that: should this process stand still before
   * it signs, a token must not outlive what revoked it meanwhile.
   */
  askedAt: number;
  refreshToken: string;
  epoch: string;
}

/**
 * `rotated` and `repeated` have the same successor; `address` is where the session was last used. `isElsewhere`: the
 * first repeat from this address, which is another one than that of the rotation.
 */
export type Rotation =
  | ({ outcome: 'rotated' } & IssuedSession)
  | ({ outcome: 'repeated'; address: string; isElsewhere: boolean } & IssuedSession)
  | { outcome: 'reuse'; address: string }
  | { outcome: 'unknown' };

/** What has to be known before a refresh token is consumed. `generation`: how often the session was rotated. */
export interface FoundSession {
  userId: string;
  generation: number;
}

/** For the person whose it is. Times in ms since 1970. */
export interface ListedSession extends Origin {
  sid: string;
  createdAt: number;
  usedAt: number;
}

export interface SessionStore {
  /** Rejects while sessions cannot be changed. */
  ready(): Promise<void>;
  /** Begins a session; past the limit for a user the one that was unused for the longest is ended. */
  create(userId: string, clientId: string, origin: Origin): Promise<IssuedSession>;
  /** The session of a token with the right family secret, whichever nonce it has. */
  find(token: RefreshToken): Promise<FoundSession | undefined>;
  /** Consumes a refresh token and makes its successor; ends the session when it was consumed before: see ROTATE. */
  rotate(token: RefreshToken, found: FoundSession, clientId: string, origin: Origin): Promise<Rotation>;
  /** The one that was used last first. */
  listOfUser(userId: string): Promise<ListedSession[]>;
  /**
   * Ends a session and revokes its access tokens; resolves to the user whose it was. Ending it again does nothing, nor
   * does ending the session of somebody else than `userId`.
   */
  end(sid: string, userId?: string): Promise<string | undefined>;
  /** The same for whoever holds any refresh token of the session. */
  endByRefreshToken(token: RefreshToken): Promise<string | undefined>;
  endAllOfUser(userId: string): Promise<void>;
  stop(): void;
}

/** Of ROTATE; those after the outcome are there as far as the outcome has them. */
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
  redis.defineCommand('reopenWindow', { lua: REOPEN_WINDOW, numberOfKeys: 1 });
  const { reopenWindow } = redis as unknown as Record<
    'reopenWindow',
    (...args: (string | Buffer)[]) => Promise<unknown>
  >;
  const unanswered = unansweredRotations((sid, nonce) => reopenWindow.call(redis, sessionKey(sid), nonce));

  /** Of a session for which `field`, if there is one, has this value. */
  async function endSession(sid: string, field: '' | 'user_id' | 'family', value: string | Buffer) {
    const userId = await run('endSession', [sessionKey(sid)], sid, field, value);
    return userId === null ? undefined : String(userId);
  }

  return {
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
        sha256(token.familySecret),
        sha256(token.nonce),
        origin.address,
        cutUserAgent(origin.userAgent),
        IDLE_LIMIT_MS,
        ABSOLUTE_LIMIT_MS,
        MAX_SESSIONS_OF_USER,
        randomUUID(),
      );
      return { sid: token.sid, askedAt, refreshToken: encodeRefreshToken(token), epoch: String(epoch) };
    },

    async find(token) {
      const session = await redis.hmgetBuffer(sessionKey(token.sid), 'family', 'user_id', 'generation');
      const [family, userId, generation] = session;
      if (family == null || !timingSafeEqual(family, sha256(token.familySecret))) return undefined;
      return { userId: String(userId), generation: Number(generation) };
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
        const [sid = '', createdAt, usedAt, address = '', userAgent = ''] = fields.map(String);
        return { sid, createdAt: Number(createdAt), usedAt: Number(usedAt), address, userAgent };
      });
    },

    end: (sid, userId) => endSession(sid, userId === undefined ? '' : 'user_id', userId ?? ''),

    endByRefreshToken: (token) => endSession(token.sid, 'family', sha256(token.familySecret)),

    async endAllOfUser(userId) {
      await run('endUserSessions', [indexKey(userId)]);
    },

    stop: unanswered.stop,
  };
}

function cutUserAgent(userAgent: string): string {
  return Buffer.from(userAgent)
    .subarray(0, MAX_USER_AGENT_BYTES)
    .toString()
    .replace(/\uFFFD$/, '');
}

function sessionKey(sid: string): string {
  return `{auth}:session:${sid}`;
}

function indexKey(userId: string): string {
  return `{auth}:user:${userId}:sessions`;
}
