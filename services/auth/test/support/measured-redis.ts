import type { Teardown } from '@pair/test-kit';
import { Redis } from 'ioredis';
import { type RedisClock, redisClock } from '../../src/redis/clock.ts';

/** A connection to this Redis, and the clock of the Redis, measured over it: what a process of auth has. */
export async function measuredRedis(
  t: Teardown,
  redisUrl: string,
): Promise<{ redis: Redis; clock: RedisClock }> {
  const redis = new Redis(redisUrl);
  const clock = redisClock(redis);
  t.teardown(() => {
    clock.stop();
    redis.disconnect();
  });
  await clock.measure();
  return { redis, clock };
}
