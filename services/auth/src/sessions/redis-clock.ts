import { unavailable } from '@pair/service-kit';
import fp from 'fastify-plugin';
import type { Redis } from 'ioredis';

const MEASURE_INTERVAL_MS = 60_000;
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
    app.readinessCheck('auth: clock of Redis', async () => clock.now());
    app.addHook('onClose', async () => clock.stop());
  },
  { name: 'redis-clock', dependencies: ['redis'] },
);

export function redisClock(redis: Redis): RedisClock {
  /** What to add to the monotonic clock of this process. */
  let offset: number | undefined;

  async function measure(): Promise<void> {
    let latest = Number.NEGATIVE_INFINITY;
    for (let sample = 0; sample < SAMPLES; sample++) {
      const [seconds, microseconds] = (await redis.time()).map(Number) as [number, number];
      // a slow answer only ever makes this too small: the largest of several is the nearest
      latest = Math.max(latest, seconds * 1_000 + microseconds / 1_000 - performance.now());
    }
    offset = latest;
  }

  const remeasure = () => void measure().catch(() => {});
  redis.on('ready', remeasure);
  const timer = setInterval(remeasure, MEASURE_INTERVAL_MS);
  timer.unref();

  return {
    measure,
    now: () => {
      if (offset === undefined) throw unavailable(new Error('Redis has not been reached yet'));
      return Math.floor(performance.now() + offset);
    },
    stop: () => {
      clearInterval(timer);
      redis.off('ready', remeasure);
    },
  };
}
