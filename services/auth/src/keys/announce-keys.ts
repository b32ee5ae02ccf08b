import { REVOCATIONS_STREAM } from '@pair/access-token';
import { isStoreUnavailable, NOT_REPLICATED, Problem, repeat } from '@pair/service-kit';
import { gt } from 'drizzle-orm';
import type { FastifyInstance } from 'fastify';
import type { Redis } from 'ioredis';
import { signingKeys } from '../db/schema.ts';
import { ANNOUNCE } from '../redis/announcements.ts';
import type { RedisClock } from '../redis/clock.ts';
import { defineScripts } from '../redis/deadline.ts';
import { script } from '../redis/script.ts';

/** Longer than the hour for which a resource server that cannot fetch keys uses its last ones. */
export const ANNOUNCED_MS = 2 * 3_600_000;
/** Shorter than the retention of the stream, which keeps an entry only as long as an access token can live. */
const AGAIN_INTERVAL_MS = 300_000;
const RETRY_INTERVAL_MS = 1_000;

const ANNOUNCE_KEYS = script('announce-keys', {
  keys: ['streamKey'],
  args: { untilMs: 'number', kids: 'list' },
  constants: ANNOUNCE,
  decode: () => {},
});

/** Announces to every resource server that it must refuse these keys until `untilMs` (ms since 1970), all in one step. */
export type AnnounceKeys = (kids: readonly string[], untilMs: number) => Promise<void>;

export function keyAnnouncer(redis: Redis, clock: RedisClock, replication = NOT_REPLICATED): AnnounceKeys {
  const scripts = defineScripts(redis, clock, { announceKeys: ANNOUNCE_KEYS }, clock.now, replication);
  return (kids, untilMs) => scripts.announceKeys({ streamKey: REVOCATIONS_STREAM, untilMs, kids });
}

/**
 * Repeats the announcement of revoked keys, from the moment when the process is ready. A resource server may start after the
 * entry has left the stream, and Redis may lose its data.
 */
export function announceAgain(app: FastifyInstance): void {
  const announce = keyAnnouncer(app.redis, app.redisClock, app.redisReplication);
  async function announceAll(): Promise<void> {
    const since = new Date(Date.now() - ANNOUNCED_MS);
    const revoked = await app.db.select().from(signingKeys).where(gt(signingKeys.revokedAt, since));
    for (const { kid, revokedAt } of revoked) await announce([kid], Number(revokedAt) + ANNOUNCED_MS);
  }

  const repetition = repeat(announceAll, {
    pauseMs: (failures) => (failures === 0 ? AGAIN_INTERVAL_MS : RETRY_INTERVAL_MS),
    onFailure: (err) => {
      const isAway = isStoreUnavailable(err) || err instanceof Problem; // the log already has a line for a store that is away
      if (!isAway) app.log.error({ err }, 'cannot announce the revoked signing keys');
    },
  });
  app.addHook('onReady', async () => void repetition.runNow());
  app.addHook('onClose', async () => repetition.stop());
}
