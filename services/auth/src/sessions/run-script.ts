import type { Redis } from 'ioredis';
import type { RedisClock } from './redis-clock.ts';

/** Shorter than the client's own time-out: a script that runs after the caller was told 503 must not change a thing. */
const DEADLINE_MS = 250;

/** What every script begins with: ARGV[1] is its deadline on Redis' clock, ARGV[2] the time that limits are measured by. */
export const DEADLINE = `
local deadline, now = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local clock = time[1] * 1000 + math.floor(time[2] / 1000)
if clock > deadline then
  return redis.error_reply('LATE the caller has given up')
end
`;

type Argument = string | number | Buffer;

/** Answers are Buffers, for some are bytes. */
export type ScriptRunner<Name extends string> = (
  script: Name,
  keys: string[],
  ...args: Argument[]
) => Promise<unknown>;

/**
 * Registers scripts that begin with DEADLINE, and runs them.
 *
 * @param now in ms since 1970; a test may move it
 */
export function scriptRunner<Name extends string>(
  redis: Redis,
  clock: RedisClock,
  scripts: Record<Name, { lua: string; numberOfKeys: number }>,
  now: () => number,
): ScriptRunner<Name> {
  for (const name in scripts) redis.defineCommand(name, scripts[name]);
  const commands = redis as unknown as Record<`${Name}Buffer`, (...args: Argument[]) => Promise<unknown>>;
  return async (script, keys, ...args) => {
    try {
      return await commands[`${script}Buffer`](...keys, clock.now() + DEADLINE_MS, now(), ...args);
    } catch (error) {
      // Redis was paused, or its clock was set: the second would last until the offset is measured again
      if (error instanceof Error && error.message.startsWith('LATE')) void clock.measure().catch(() => {});
      throw error;
    }
  };
}
