import { randomUUID } from 'node:crypto';
import { EPOCH_KEY, REVOCATIONS_STREAM } from '@pair/access-token';
import { type Replication, replication } from '@pair/service-kit';
import fp from 'fastify-plugin';
import type { Redis } from 'ioredis';
import { EPOCH } from './announcements.ts';
import type { RedisClock } from './clock.ts';
import { defineScripts } from './deadline.ts';
import { script } from './script.ts';

export const FENCE_KEY = '{auth}:fence';
const SCAN_BATCH = 1_000;
const REPLACE_EPOCH = script('replace-epoch', {
  keys: ['epochKey', 'streamKey'],
  args: { newEpoch: 'string' },
  constants: EPOCH,
  decode: () => {},
});

declare module 'fastify' {
  interface FastifyInstance {
    redisReplication: Replication;
  }
}

/** `app.redisReplication`: the barrier for a Redis with `replicas` replicas. Without them nothing waits. */
export const redisReplicas = fp<{ replicas: number | undefined }>(
  async (app, { replicas = 0 }) => {
    const endAll = sessionsEnder(app.redis, app.redisClock);
    const losses = app.metrics.counter({
      name: 'auth_redis_losses_total',
      help: 'Times that Redis had lost confirmed writes, so that all sessions ended',
    });
    losses.inc({}, 0);
    let isKnown = false;
    const barrier = replication(app.redis, {
      replicas,
      fence: {
        key: FENCE_KEY,
        onLoss: async () => {
          if (!isKnown) {
            app.log.error('Redis has lost confirmed writes: all sessions end, and it gets a new epoch');
            losses.inc({}); // before the work, which may fail and is then repeated
          }
          isKnown = true;
          await endAll();
          isKnown = false;
        },
      },
    });
    app.decorate('redisReplication', barrier);
    if (replicas > 0) {
      app.readinessCheck('auth', 'replicas of Redis', () => barrier.confirmed(app.redis.stream));
    }
    app.addHook('onClose', async () => barrier.stop());
  },
  { name: 'redis-replication', dependencies: ['redis', 'redis-clock'] },
);

/**
 * Returns a function that ends every session, and then refuses every access token: some of the sessions may have ended
 * before, in writes that are lost. The epoch comes last, so that a session that is refreshed meanwhile gets the old one.
 */
export function sessionsEnder(redis: Redis, clock: RedisClock): () => Promise<void> {
  const scripts = defineScripts(redis, clock, { replaceEpoch: REPLACE_EPOCH }, clock.now);
  return async () => {
    let cursor = '0';
    do {
      const [next, keys] = await redis.scan(cursor, 'MATCH', '{auth}:session:*', 'COUNT', SCAN_BATCH);
      if (keys.length > 0) await redis.unlink(...keys);
      cursor = next;
    } while (cursor !== '0');
    await scripts.replaceEpoch({
      epochKey: EPOCH_KEY,
      streamKey: REVOCATIONS_STREAM,
      newEpoch: randomUUID(),
    });
  };
}
