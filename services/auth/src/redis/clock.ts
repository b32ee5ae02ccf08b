import { repeat, unavailable } from '@pair/service-kit';
import fp from 'fastify-plugin';
import type { Redis } from 'ioredis';

const MEASURE_INTERVAL_MS = 60_000;
const RETRY_MS = 200;
const SAMPLES = 3;

/**
 * The time on Redis' own clock, known here without asking for it each time. A script is given a deadline on that
 * clock, so that one which Redis runs too late (it was paused, and the caller was told 503) changes nothing.
 */
export interface RedisClock {
  /** Milliseconds since 1970. Throws 503 until it has been measured. */
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
  /** What to add to the monotonic clock of this process. */
  let offset: number | undefined;
  let measuring: Promise<void> | undefined;
  /** One at a time: those who ask meanwhile share it. */
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
      // a slow answer only ever makes this too small: the largest of several is the nearest
      latest = Math.max(latest, seconds * 1_000 + microseconds / 1_000 - performance.now());
    }
    offset = latest;
  }

  // from the first connection on, and soon again when it fails: until it has succeeded, nothing works
  const repetition = repeat(measure, {
    pauseMs: (failures) => (failures === 0 ? MEASURE_INTERVAL_MS : RETRY_MS),
  });
  const start = () => void repetition.runNow();
  redis.on('ready', start);

  return {
    measure,
    now: () => {
      if (offset === undefined) throw unavailable(new Error('Redis has not been reached yet'));
      return Math.floor(performance.now() + offset);
    },
    stop: () => {
      repetition.stop();
      redis.off('ready', start);
    },
  };
}
