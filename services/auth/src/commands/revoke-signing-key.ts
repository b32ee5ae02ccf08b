import { OperatorError } from '@pair/service-kit';
import { eq, inArray } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { Redis } from 'ioredis';
import { insertSecurityEvents } from '../audit/security-events.ts';
import type { RevokeSigningKeyConfig } from '../config.ts';
import type { SigningKeyRow } from '../db/schema.ts';
import { signingKeys } from '../db/schema.ts';
import { ANNOUNCED_MS, type AnnounceKeys, keyAnnouncer } from '../keys/announce-keys.ts';
import { keyStates } from '../keys/key-states.ts';
import { redisClock } from '../redis/clock.ts';
import { withKeysLocked } from './with-keys-locked.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const COMMAND_TIMEOUT_MS = 1_000;

/** `active` is the key that signs from now on; undefined when the service has to make another one. */
export interface RevokedKeys {
  kids: string[];
  active: string | undefined;
}

/**
 * For a key that somebody else may have: it is refused everywhere within a second, and the next one signs. Repeating
 * it announces the revocation again. Redis is told before PostgreSQL commits: if that fails, the key is refused for two
 * hours only, and the command must be repeated.
 *
 * @throws {OperatorError}
 */
export async function revokeSigningKeys(
  config: RevokeSigningKeyConfig,
  which: string | 'all',
  nowMs = Date.now(),
): Promise<RevokedKeys> {
  return withAnnouncer(config.REDIS_URL, (announce) =>
    withKeysLocked(config.DATABASE_URL, async (db, rows) => {
      const chosen = rows.filter(({ kid }) => which === 'all' || kid === which);
      if (chosen.length === 0) throw new OperatorError(`There is no signing key "${which}".`);
      const revokedAt = new Date(nowMs);
      const unrevoked = chosen.filter((row) => row.revokedAt === null);
      await revoke(db, kidsOf(unrevoked), revokedAt);

      const after = rows.map((row) => (unrevoked.includes(row) ? { ...row, revokedAt } : row));
      const active = after[keyStates(after, nowMs).indexOf('active')];
      if (active !== undefined && active.activeFrom > revokedAt) {
        await db.update(signingKeys).set({ activeFrom: revokedAt }).where(eq(signingKeys.kid, active.kid));
      }
      await announce(kidsOf(chosen), nowMs + ANNOUNCED_MS);
      return { kids: kidsOf(chosen), active: active?.kid };
    }),
  );
}

const kidsOf = (rows: readonly SigningKeyRow[]) => rows.map(({ kid }) => kid);

async function revoke(db: NodePgDatabase, kids: string[], revokedAt: Date): Promise<void> {
  await db.update(signingKeys).set({ revokedAt }).where(inArray(signingKeys.kid, kids));
  await insertSecurityEvents(
    db,
    kids.map((kid) => ({ event: 'signing_key_revoked', outcome: 'succeeded', detail: kid })),
  );
}

async function withAnnouncer<T>(redisUrl: string, work: (announce: AnnounceKeys) => Promise<T>): Promise<T> {
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    retryStrategy: () => null,
  });
  redis.on('error', () => {}); // whatever it concerns is rejected
  const clock = redisClock(redis);
  try {
    await redis
      .connect()
      .then(clock.measure)
      .catch((cause) => {
        throw new OperatorError(
          'Redis cannot be reached: the key could not be announced, so nothing was changed.',
          { cause },
        );
      });
    return await work(keyAnnouncer(redis, clock));
  } finally {
    clock.stop();
    redis.disconnect();
  }
}
