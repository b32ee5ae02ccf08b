import { setTimeout as delay } from 'node:timers/promises';
import { type Redis, ReplyError } from 'ioredis';
import type { RedisClock } from './clock.ts';

/**
 * How late a script may begin. It is shorter than the silence after which the connection is given up, so that a script that is
 * answered with 503 has no effect afterwards.
 */
const DEADLINE_MS = 250;
/** How often a script is sent that Redis was too busy to begin in time: it has changed nothing. */
const ATTEMPTS = 4;

type Argument = string | number | Buffer;

/** Answers are Buffers, for some are bytes. */
export type ScriptRunner<Name extends string> = (
  script: Name,
  keys: string[],
  ...args: Argument[]
) => Promise<unknown>;

/**
 * Registers scripts that include lib/deadline, and runs them.
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

  async function run(script: Name, keys: string[], args: Argument[], attempt = 1): Promise<unknown> {
    const deadline = clock.now() + DEADLINE_MS;
    try {
      return await commands[`${script}Buffer`](...keys, deadline, now(), ...args);
    } catch (error) {
      if (isLate(error) && attempt < ATTEMPTS) {
        // Redis is busy or was paused, or its clock was set: then the deadline was wrong
        await clock.measure();
        return run(script, keys, args, attempt + 1);
      }
      if (wasSent(error)) await delay(Math.min(DEADLINE_MS, Math.max(0, deadline - clock.now())));
      throw error;
    }
  }
  return (script, keys, ...args) => run(script, keys, args);
}

function isLate(error: unknown): boolean {
  return error instanceof ReplyError && (error as Error).message.startsWith('LATE');
}

/** Redis may still run it, until its deadline; one that was answered, or never left this process, it will not. */
function wasSent(error: unknown): boolean {
  if (error instanceof ReplyError) return false;
  return !(error instanceof Error && error.message.startsWith("Stream isn't writeable"));
}
