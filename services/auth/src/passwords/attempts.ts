import { createHash, randomUUID } from 'node:crypto';
import fp from 'fastify-plugin';
import type { Redis } from 'ioredis';
import type { RedisClock } from '../redis/clock.ts';
import { DEADLINE, scriptRunner } from '../redis/script.ts';
import { networkOf } from './network-of.ts';

const WINDOW_MS = 10 * 60_000;
/** A person tries the four passwords they have, twice; nobody finds a good one in ten. */
const MAX_FOR_ACCOUNT_AND_NETWORK = 10;
/** A network may be an office, in which several people forget theirs. */
const MAX_FOR_NETWORK = 100;
/** Until attempts that are under way are decided. */
const A_MOMENT_MS = 1_000;

/**
 * Counts an attempt in all windows KEYS, or in none if one of them has as many as its limit. A window is a sorted set of
 * attempts by time; refused ones are not in it, so it is never larger than its limit, and empties although somebody
 * keeps trying. An attempt is 'u…' while it is under way and 'f…' when it has failed. So the limit of a network bounds
 * what it leaves: its own key, one for each of its attempts, and beside each of them, for ten minutes, one that says that
 * a refusal was told of.
 *
 * Returns nothing, or of the last window that is full: its index, how long until there is room in all windows, and
 * whether it is the first refusal for as long as a window lasts. Where failures alone do not fill a window there may be
 * room in a moment.
 */
const COUNT_ATTEMPT = `#!lua
${DEADLINE}
local attempt, window_ms = ARGV[3], tonumber(ARGV[4])

local function is_full_of_failures(key, limit)
  local failures = 0
  for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    if member:sub(1, 1) == 'f' then failures = failures + 1 end
  end
  return failures >= limit
end

local full, room_at
for i, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window_ms)
  local limit = tonumber(ARGV[4 + i])
  if redis.call('ZCARD', key) >= limit then
    local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
    local at = is_full_of_failures(key, limit) and oldest + window_ms or now + ${A_MOMENT_MS}
    full, room_at = i, math.max(room_at or 0, at)
  end
end

if full then
  local refused = KEYS[full] .. ':refused'
  local first = redis.call('GET', refused)
  local is_first = not first or now >= first + window_ms
  if is_first then redis.call('SET', refused, now, 'PX', window_ms) end
  return {full, room_at - now, is_first and 1 or 0}
end

for _, key in ipairs(KEYS) do
  redis.call('ZADD', key, now, 'u' .. attempt)
  redis.call('PEXPIRE', key, window_ms)
end
return false
`;

/**
 * Memory becomes less, so it may run at `maxmemory`. That a refusal was told of is forgotten with the last attempt: or
 * attempts for names without end, of which none fails, would leave as many keys.
 */
const TAKE_ATTEMPT_BACK = `#!lua flags=allow-oom
${DEADLINE}
for _, key in ipairs(KEYS) do
  redis.call('ZREM', key, 'u' .. ARGV[3])
  if redis.call('EXISTS', key) == 0 then redis.call('DEL', key .. ':refused') end
end
return false
`;

const ATTEMPT_FAILED = `#!lua flags=allow-oom
${DEADLINE}
for _, key in ipairs(KEYS) do
  local at = redis.call('ZSCORE', key, 'u' .. ARGV[3])
  if at then
    -- in this order: a set that becomes empty is gone, and its expiry with it
    redis.call('ZADD', key, at, 'f' .. ARGV[3])
    redis.call('ZREM', key, 'u' .. ARGV[3])
  end
end
return false
`;

const SCRIPTS = {
  countSignInAttempt: { lua: COUNT_ATTEMPT, numberOfKeys: 2 },
  signInAttemptFailed: { lua: ATTEMPT_FAILED, numberOfKeys: 2 },
  takeSignInAttemptBack: { lua: TAKE_ATTEMPT_BACK, numberOfKeys: 2 },
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
