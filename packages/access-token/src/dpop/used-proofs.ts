import {
  type RedisSettings,
  type Replication,
  redisClient,
  replication,
  type StoreLimits,
} from '@pair/service-kit';
import fp from 'fastify-plugin';
import type { Redis } from 'ioredis';
import { USED_PROOF_SECONDS } from '../contract.ts';
import { sha256 } from './proof.ts';

/** The proofs that were used, for all processes of a service. */
export interface UsedProofs {
  /**
   * Records a proof, in one round trip to Redis, and with replicas in two. Resolves to false if it was recorded before.
   *
   * @param id names the proof
   * @throws {StoreUnavailable} if too few replicas have it. The proof is used up all the same.
   */
  add(id: string): Promise<boolean>;
}

declare module 'fastify' {
  interface FastifyInstance {
    usedProofs: UsedProofs;
  }
}

/**
 * `app.usedProofs`: in the Redis of `DPOP_REDIS_URL`, or else in `app.redis`. With replicas a proof counts as used when they have
 * it, so no failover lets it in a second time. A proof that was recorded before is refused without them.
 *
 * @param options.name the name of the service, whose proofs are apart from those of another
 * @param options.barrier the barrier of `app.redis`, if it has one: two barriers would hold up its connection twice
 */
export const usedProofs = fp<{
  name: string;
  settings: RedisSettings & { DPOP_REDIS_URL?: string };
  barrier?: Replication;
  limits?: Partial<StoreLimits>;
}>(
  async (app, { name, settings, barrier: barrierOfRedis, limits = {} }) => {
    const { DPOP_REDIS_URL: url, REDIS_REPLICAS: replicas = 0 } = settings;
    const isApart = url !== undefined;
    const redis: Redis = isApart
      ? redisClient(app, {
          settings: { ...settings, REDIS_URL: url },
          name,
          part: 'Redis of DPoP',
          check: requireNoEviction,
          limits,
        })
      : app.redis;
    const own = isApart || barrierOfRedis === undefined ? replication(redis, { replicas }) : undefined;
    const barrier = own ?? barrierOfRedis;
    app.addHook('onClose', async () => own?.stop());

    app.decorate('usedProofs', {
      async add(id) {
        const connection = redis.stream;
        const key = `{dpop}:${name}:${sha256(id)}`;
        if ((await redis.set(key, '', 'EX', USED_PROOF_SECONDS, 'NX')) === null) return false;
        await barrier?.confirmed(connection, { hasWritten: true });
        return true;
      },
    });
  },
  { name: 'used-proofs', dependencies: ['redis'] },
);

/** A proof that Redis has evicted would work again. A managed service may not show this setting. */
async function requireNoEviction(redis: Redis): Promise<void> {
  const [, policy = 'noeviction'] = /^maxmemory_policy:([\w-]+)/m.exec(await redis.info('memory')) ?? [];
  if (policy === 'noeviction') return;
  throw new Error(`Redis may evict a used proof: set maxmemory-policy noeviction, not ${policy}`);
}
