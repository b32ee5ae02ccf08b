import { repeat, StoreUnavailable, unavailable } from '@pair/service-kit';
import fp from 'fastify-plugin';
import type { Redis } from 'ioredis';

const MEASURE_INTERVAL_MS = 60_000;
const RETRY_MS = 200;
const SAMPLES = 3;

/**
 * Redis' own clock, measured once a minute instead of read for each script. Each script carries a deadline on that
 * clock: a script that Redis runs too late (Redis was paused, and the caller got 503) then changes nothing.
 */
export interface RedisClock {
  /** Milliseconds since 1970. Throws 503 until the clock has been measured. */
  now(): number;
  measure(): Promise<void>;
  stop(): void;
}

declare module 'fastify' {
  interface FastifyInstance {
    redisClock: RedisClock;
  }
}

export const clockOfRedis = fp(
  async (app) => {
    const clock = redisClock(app.redis);
    app.decorate('redisClock', clock);
    app.readinessCheck('auth', 'clock of Redis', async () => clock.now());
    app.addHook('onClose', async () => clock.stop());
  },
  { name: 'redis-clock', dependencies: ['redis'] },
);

export function redisClock(redis: Redis): RedisClock {
  /** Added to the monotonic clock of this process, it gives the time of Redis. */
  let offset: number | undefined;
  let measuring: Promise<void> | undefined;
  /** Runs one measurement at a time: concurrent callers share it. */
  function measure(): Promise<void> {
    measuring ??= measureNow().finally(() => {
      measuring = undefined;
    });
    return measuring;
  }

  async function measureNow(): Promise<void> {
    let latest = Number.NEGATIVE_INFINITY;
    for (let sample = 0; sample < SAMPLES; sample++) {
      const [seconds, microseconds] = (await redis.time()).map(Number) as [number, number];
      // a slow answer only ever makes the difference too small: the largest of several is the most exact
      latest = Math.max(latest, seconds * 1_000 + microseconds / 1_000 - performance.now());
    }
    offset = latest;
  }

  // measures from the first connection on, and retries soon after a failure: no script can run before the first success
  const repetition = repeat(measure, {
    pauseMs: (failures) => (failures === 0 ? MEASURE_INTERVAL_MS : RETRY_MS),
  });
  const start = () => void repetition.runNow();
  // the server that Sentinel names next has another clock
  const forget = () => {
    offset = undefined;
  };
  redis.on('ready', start);
  if (redis.options.Connector !== undefined) redis.on('close', forget);

  return {
    measure,
    now: () => {
      if (offset === undefined)
        throw unavailable(new StoreUnavailable('redis', 'Redis has not been reached yet'));
      return Math.floor(performance.now() + offset);
    },
    stop: () => {
      repetition.stop();
      redis.off('ready', start);
      redis.off('close', forget);
    },
  };
}
