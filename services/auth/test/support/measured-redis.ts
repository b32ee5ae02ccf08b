import type { Teardown } from '@pair/test-kit';
import { Redis } from 'ioredis';
import { type RedisClock, redisClock } from '../../src/redis/clock.ts';

/** Opens a connection to Redis and measures its clock, as a process of auth does. */
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
