import { setTimeout as delay } from 'node:timers/promises';
import { NOT_REPLICATED, Problem } from '@pair/service-kit';
import { type Redis, ReplyError } from 'ioredis';
import type { RedisClock } from './clock.ts';
import { type Call, defineUntypedScript, type Script } from './script.ts';
import { Unconfirmed } from './unconfirmed.ts';

/**
 * The time in which Redis must begin a script. It is shorter than the time-out of a command, so a script whose caller
 * got 503 has no effect afterwards.
 */
const DEADLINE_MS = 250;
/** The number of sends while Redis is too busy to begin the script in time. A script that is late changes nothing. */
const ATTEMPTS = 4;
/** The arguments of lua/lib/deadline.lua. */
const DEADLINE_ARGS = { deadlineMs: 'number', now: 'number' } as const;

type Calls<Scripts> = { readonly [Name in keyof Scripts]: Call<Scripts[Name]> };

/**
 * Registers scripts that include lib/deadline. A script that Redis could not begin in time is sent again. A call
 * rejects only when Redis will not run the script any more. It resolves when its answer cannot be undone by a failover.
 *
 * @param now in ms since 1970; a test may move it
 */
export function defineScripts<Scripts extends Readonly<Record<string, Script>>>(
  redis: Redis,
  clock: RedisClock,
  scripts: Scripts,
  now: () => number,
  { confirmed } = NOT_REPLICATED,
): Calls<Scripts> {
  function withDeadline(script: Script) {
    const send = defineUntypedScript(redis, { ...script, args: { ...DEADLINE_ARGS, ...script.args } });
    async function call(values: Parameters<typeof send>[0], attempt = 1): Promise<unknown> {
      const deadlineMs = clock.now() + DEADLINE_MS;
      const sentAt = performance.now();
      try {
        return await send(values, { deadlineMs, now: now() });
      } catch (error) {
        if (isLate(error) && attempt < ATTEMPTS) {
          // Redis is busy or was paused; or its clock was set, and the deadline was wrong
          await clock.measure();
          return call(values, attempt + 1);
        }
        // not by the clock of Redis, which is not known any more if the connection has broken
        if (wasSent(error)) await delay(Math.max(0, DEADLINE_MS - (performance.now() - sentAt)));
        throw error;
      }
    }
    return async (values: Parameters<typeof send>[0]) => {
      const connection = redis.stream;
      const reply = await call(values);
      const hasWritten = script.hasWritten?.(reply) ?? false;
      await confirmed(connection, { hasWritten }).catch((error) => {
        throw new Unconfirmed(reply, error);
      });
      return reply;
    };
  }
  const calls = Object.entries(scripts).map(([name, script]) => [name, withDeadline(script)]);
  return Object.fromEntries(calls);
}

function isLate(error: unknown): boolean {
  return error instanceof ReplyError && (error as Error).message.startsWith('LATE');
}

/** True if Redis may have run the script, or can still run it until its deadline: it was sent, and the answer is missing. */
export function wasSent(error: unknown): boolean {
  // a Problem: the clock of Redis is not known yet
  if (error instanceof ReplyError || error instanceof Problem) return false;
  return !(error instanceof Error && error.message.startsWith("Stream isn't writeable"));
}
