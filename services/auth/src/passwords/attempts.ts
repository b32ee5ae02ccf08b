import { createHash, randomUUID } from 'node:crypto';
import fp from 'fastify-plugin';
import type { Redis } from 'ioredis';
import type { RedisClock } from '../redis/clock.ts';
import { loadScript } from '../redis/lua.ts';
import { scriptRunner } from '../redis/script.ts';
import { networkOf } from './network-of.ts';

const WINDOW_MS = 10 * 60_000;
/** A person tries the four passwords they have, twice; nobody finds a good one in ten. */
const MAX_FOR_ACCOUNT_AND_NETWORK = 10;
/** A network may be an office, in which several people forget theirs. */
const MAX_FOR_NETWORK = 100;
/** Until attempts that are under way are decided. */
const PENDING_RETRY_MS = 1_000;

const SCRIPTS = {
  countSignInAttempt: { lua: loadScript('count-attempt', { PENDING_RETRY_MS }), numberOfKeys: 2 },
  signInAttemptFailed: { lua: loadScript('attempt-failed'), numberOfKeys: 2 },
  takeSignInAttemptBack: { lua: loadScript('take-attempt-back'), numberOfKeys: 2 },
};

export type Attempt =
  | {
      isAllowed: true;
      /** It was one. Makes the time that others are told more exact, nothing else: does not wait, and never fails. */
      failed(): void;
      /** It was no failure. Does not wait, and never fails: what stays counted goes with the window. */
      takeBack(): void;
    }
  | {
      isAllowed: false;
      retryAfterMs: number;
      /** Whose limit it was: `account` means this account from this network. */
      limit: 'account' | 'network';
      /** One refusal in each window is, however many there are; another one if all attempts in it were taken back. */
      isFirst: boolean;
    };

export interface SignInAttempts {
  /**
   * Counts an attempt before it is known whether it fails, so that those which are made at once are limited too. There
   * need be no such account.
   */
  begin(username: string, address: string): Promise<Attempt>;
}

declare module 'fastify' {
  interface FastifyInstance {
    signInAttempts: SignInAttempts;
  }
}

export const signInAttempts = fp(
  async (app) => {
    app.decorate('signInAttempts', createSignInAttempts(app.redis, app.redisClock));
  },
  { name: 'sign-in-attempts', dependencies: ['redis', 'redis-clock'] },
);

/** `now` is the time that windows are measured by, in ms since 1970; a test may move it. */
export function createSignInAttempts(
  redis: Redis,
  clock: RedisClock,
  now: () => number = clock.now,
): SignInAttempts {
  const run = scriptRunner(redis, clock, SCRIPTS, now);
  return {
    async begin(username, address) {
      const network = networkOf(address);
      const keys = [attemptsKey(`${network}:${digest(username)}`), attemptsKey(network)];
      const attempt = randomUUID();
      const refusal = (await run(
        'countSignInAttempt',
        keys,
        attempt,
        WINDOW_MS,
        MAX_FOR_ACCOUNT_AND_NETWORK,
        MAX_FOR_NETWORK,
      )) as [full: number, retryAfterMs: number, isFirst: number] | null;
      if (refusal === null) {
        return {
          isAllowed: true,
          failed: () => void run('signInAttemptFailed', keys, attempt).catch(() => {}),
          takeBack: () => void run('takeSignInAttemptBack', keys, attempt).catch(() => {}),
        };
      }
      const [full, retryAfterMs, isFirst] = refusal;
      return {
        isAllowed: false,
        retryAfterMs,
        limit: full === 1 ? 'account' : 'network',
        isFirst: isFirst === 1,
      };
    },
  };
}

function attemptsKey(whose: string): string {
  return `{auth}:sign-in-attempts:${whose}`;
}

/** People type passwords where the name belongs. */
function digest(username: string): string {
  return createHash('sha256').update(username).digest('base64url');
}
