import { createHash, randomUUID } from 'node:crypto';
import fp from 'fastify-plugin';
import type { Redis } from 'ioredis';
import type { RedisClock } from '../redis/clock.ts';
import { defineScripts } from '../redis/deadline.ts';
import { fields, script } from '../redis/script.ts';
import { networkOf } from './network-of.ts';

const WINDOW_MS = 10 * 60_000;
/** Users try the four passwords they have, twice; an attacker does not guess a good one in ten. */
const MAX_FOR_ACCOUNT_AND_NETWORK = 10;
/** A network can be an office, in which several users forget their passwords. */
const MAX_FOR_NETWORK = 100;
/** When to try again while attempts are pending: they are decided by then. */
const PENDING_RETRY_MS = 1_000;

const KEYS = ['accountKey', 'networkKey'] as const;
const ARGS = { attempt: 'string' } as const;
const SCRIPTS = {
  count: script('count-attempt', {
    keys: KEYS,
    args: ARGS,
    constants: { WINDOW_MS, MAX_FOR_ACCOUNT_AND_NETWORK, MAX_FOR_NETWORK, PENDING_RETRY_MS },
    decode: (reply) => (reply === null ? undefined : refusal(reply)),
  }),
  failed: script('attempt-failed', { keys: KEYS, args: ARGS, decode: () => {} }),
  takeBack: script('take-attempt-back', { keys: KEYS, args: ARGS, decode: () => {} }),
};

interface Refusal {
  retryAfterMs: number;
  /** The limit that was reached. `account`: of this account from this network. */
  limit: 'account' | 'network';
  /** True for one refusal in each window, and for another one if all attempts in it were taken back. */
  isFirst: boolean;
}

const refusal = fields<Refusal>({ retryAfterMs: Number, limit: String, isFirst: Boolean });

export type Attempt =
  | {
      isAllowed: true;
      /** Marks the attempt as failed. Only makes Retry-After more exact; never waits or throws. */
      failed(): void;
      /** Takes back an attempt that was no failure. Never waits or throws: at worst it leaves with the window. */
      takeBack(): void;
    }
  | ({ isAllowed: false } & Refusal);

export interface SignInAttempts {
  /**
   * Counts an attempt before it is known whether it fails, so that simultaneous attempts are limited too. The account
   * need not exist.
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

/** @param now the time that windows are measured by, in ms since 1970; a test may move it */
export function createSignInAttempts(
  redis: Redis,
  clock: RedisClock,
  now: () => number = clock.now,
): SignInAttempts {
  const scripts = defineScripts(redis, clock, SCRIPTS, now);
  return {
    async begin(username, address) {
      const network = networkOf(address);
      const values = {
        accountKey: attemptsKey(`${network}:${digest(username)}`),
        networkKey: attemptsKey(network),
        attempt: randomUUID(),
      };
      const refused = await scripts.count(values);
      if (refused !== undefined) return { isAllowed: false, ...refused };
      return {
        isAllowed: true,
        failed: () => void scripts.failed(values).catch(() => {}),
        takeBack: () => void scripts.takeBack(values).catch(() => {}),
      };
    },
  };
}

function attemptsKey(owner: string): string {
  return `{auth}:sign-in-attempts:${owner}`;
}

/** A hash, because users type passwords where the name belongs. */
function digest(username: string): string {
  return createHash('sha256').update(username).digest('base64url');
}
