import { randomUUID } from 'node:crypto';
import fp from 'fastify-plugin';
import type { Redis } from 'ioredis';
import { type RedisClock, redisClock } from './redis-clock.ts';
import { encodeRefreshToken, newSession, type RefreshToken, sha256, successorOf } from './refresh-token.ts';
import { SCRIPTS } from './scripts.ts';

const IDLE_LIMIT_MS = 7 * 24 * 3_600_000;
const ABSOLUTE_LIMIT_MS = 30 * 24 * 3_600_000;
const MAX_SESSIONS_OF_USER = 100;
/** Shorter than the client's own time-out: a script that runs after the caller was told 503 must not change a thing. */
const DEADLINE_MS = 250;

/** What a new access token needs to know of its session. */
export interface IssuedSession {
  sid: string;
  refreshToken: string;
  epoch: string;
}

export type Rotation = ({ outcome: 'rotated' } & IssuedSession) | { outcome: 'unknown' | 'reuse' };

export interface SessionStore {
  /** Rejects while sessions cannot be changed. */
  ready(): Promise<void>;
  /** Begins a session; past the limit for a user the one that was unused for the longest is ended. */
  create(userId: string, clientId: string): Promise<IssuedSession>;
  findUserId(sid: string): Promise<string | undefined>;
  /** Consumes a refresh token and makes its successor; ends the session when it was consumed before. */
  rotate(token: RefreshToken, clientId: string): Promise<Rotation>;
  /** Ends a session and revokes its access tokens. Ending it again does nothing. */
  end(sid: string): Promise<void>;
  /** The same for whoever holds any refresh token of the session. */
  endByRefreshToken(token: RefreshToken): Promise<void>;
  endAllOfUser(userId: string): Promise<void>;
}

declare module 'fastify' {
  interface FastifyInstance {
    sessions: SessionStore;
  }
}

export const sessions = fp(
  async (app) => {
    const clock = redisClock(app.redis);
    app.decorate('sessions', createSessionStore(app.redis, clock));
    app.readinessCheck('auth: clock of Redis', async () => clock.now());
    app.addHook('onClose', async () => clock.stop());
  },
  { name: 'sessions', dependencies: ['redis'] },
);

/** `now` is the time that limits are measured by, in ms since 1970; a test may move it. */
export function createSessionStore(
  redis: Redis,
  clock: RedisClock,
  now: () => number = clock.now,
): SessionStore {
  type Scripts = Record<keyof typeof SCRIPTS, (...args: (string | number | Buffer)[]) => Promise<unknown>>;
  for (const [name, script] of Object.entries(SCRIPTS)) redis.defineCommand(name, script);
  const scripts = redis as unknown as Scripts;

  async function run(script: keyof Scripts, key: string, ...args: (string | number | Buffer)[]) {
    try {
      return await scripts[script](key, clock.now() + DEADLINE_MS, now(), ...args);
    } catch (error) {
      // Redis was paused, or its clock was set: the second would last until the offset is measured again
      if (error instanceof Error && error.message.startsWith('LATE')) void clock.measure().catch(() => {});
      throw error;
    }
  }

  return {
    ready: clock.measure,

    async create(userId, clientId) {
      const token = newSession();
      const epoch = await run(
        'createSession',
        sessionKey(token.sid),
        token.sid,
        userId,
        clientId,
        sha256(token.familySecret),
        sha256(token.nonce),
        IDLE_LIMIT_MS,
        ABSOLUTE_LIMIT_MS,
        MAX_SESSIONS_OF_USER,
        randomUUID(),
      );
      return { sid: token.sid, refreshToken: encodeRefreshToken(token), epoch: String(epoch) };
    },

    async findUserId(sid) {
      return (await redis.hget(sessionKey(sid), 'user_id')) ?? undefined;
    },

    async rotate(token, clientId) {
      const successor = successorOf(token);
      const [outcome, epoch] = (await run(
        'rotateRefreshToken',
        sessionKey(token.sid),
        token.sid,
        clientId,
        sha256(token.familySecret),
        sha256(token.nonce),
        sha256(successor.nonce),
        IDLE_LIMIT_MS,
        randomUUID(),
      )) as ['unknown' | 'reuse'] | ['rotated', string];
      if (outcome !== 'rotated') return { outcome };
      return { outcome, sid: token.sid, refreshToken: encodeRefreshToken(successor), epoch: String(epoch) };
    },

    async end(sid) {
      await run('endSession', sessionKey(sid), sid, '');
    },

    async endByRefreshToken(token) {
      await run('endSession', sessionKey(token.sid), token.sid, sha256(token.familySecret));
    },

    async endAllOfUser(userId) {
      await run('endUserSessions', `{auth}:user:${userId}:sessions`);
    },
  };
}

function sessionKey(sid: string): string {
  return `{auth}:session:${sid}`;
}
