import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { OperatorError } from '../problems/operator-error.ts';
import { type RedisSettings, redisAddress } from './redis-address.ts';

const PAUSE_MS = 250;
/** ioredis gives these errors no code. */
const TIME_OUT = /^(Command timed out|connect ETIMEDOUT)/;

/**
 * Resolves when Redis accepts a connection with the credentials of the settings, and answers PING.
 *
 * @throws {OperatorError} when it does not within `limitMs`
 */
export async function awaitRedis(settings: RedisSettings, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  let failure: Error | undefined;
  for (;;) {
    const last = await failureOf(settings, Math.max(1, end - performance.now()));
    if (last === undefined) return;
    // the last attempt has little time, and its time-out says less than the refusal before
    if (failure === undefined || !TIME_OUT.test(last.message)) failure = last;
    if (performance.now() + PAUSE_MS >= end) {
      throw new OperatorError(
        `Redis did not answer within ${limitMs / 1_000} s: ${failure.message}. Start it, or correct REDIS_URL.`,
        { cause: failure },
      );
    }
    await setTimeout(PAUSE_MS);
  }
}

/** The reason why Redis does not answer one PING; undefined when it answers. */
async function failureOf(settings: RedisSettings, limitMs: number): Promise<Error | undefined> {
  const { url, options } = redisAddress(settings);
  const redis = new Redis(url, {
    ...options,
    lazyConnect: true,
    connectTimeout: limitMs,
    commandTimeout: limitMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason: Error | undefined;
  redis.on('error', (error) => {
    reason ??= error; // `connect` itself only reports that the connection is closed
  });
  try {
    await redis.connect();
    await redis.ping();
    return undefined;
  } catch (error) {
    return reason ?? (error as Error);
  } finally {
    redis.disconnect();
  }
}
