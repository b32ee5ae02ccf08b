import { randomBytes } from 'node:crypto';
import { NO_METRICS, type SetTimer } from '@pair/service-kit';
import { testDatabase } from '@pair/test-kit';
import Fastify from 'fastify';
import pg from 'pg';
import type { Test } from 'tap';
import { auditCounts } from '../../src/audit/audit-metrics.ts';
import { parseSealingKeys } from '../../src/crypto/sealing-keys.ts';
import { createKeyRing } from '../../src/keys/key-ring.ts';
import { migrated } from './auth-under-test.ts';

export const SECOND = 1_000;
export const DAY = 24 * 3_600 * SECOND;

export type Ring = ReturnType<typeof createKeyRing>;

export const newEncryptionKey = () => randomBytes(32).toString('base64url');

/** Key rings of several processes on one database. The test moves their time. */
export interface Rings {
  databaseUrl: string;
  /** The same database, with the role that owns the tables. */
  ownerUrl: string;
  pool: pg.Pool;
  /** In ms since 1970. */
  clock: { now: number };
  /** The kids that the revocation feed has announced. */
  revoked: Set<string>;
  /** Creates a ring, and lets it read the keys. */
  ring(keyEncryptionKey?: string): Promise<Ring>;
  /** Creates a ring that has not read the keys, on a machine whose clock is ahead by `aheadMs`, or behind. */
  idleRing(keyEncryptionKey?: string, aheadMs?: number): Ring;
}

export async function rings(t: Test, setTimer?: SetTimer): Promise<Rings> {
  const ownerUrl = await testDatabase(t);
  const databaseUrl = await migrated(ownerUrl);
  const pool = new pg.Pool({ connectionString: databaseUrl });
  t.teardown(() => pool.end());
  const clock = { now: Date.now() };
  const revoked = new Set<string>();
  const shared = newEncryptionKey();
  const { log } = Fastify();
  const idleRing = (keyEncryptionKey = shared, aheadMs = 0) => {
    const isRevoked = (kid: string) => revoked.has(kid);
    const now = () => clock.now + aheadMs;
    const ring = createKeyRing({
      pool,
      sealingKeys: parseSealingKeys(keyEncryptionKey),
      log,
      isRevoked,
      counts: auditCounts(NO_METRICS),
      now,
      ...(setTimer === undefined ? {} : { setTimer }),
    });
    t.teardown(() => ring.stop());
    return ring;
  };
  const ring = async (keyEncryptionKey?: string) => {
    const idle = idleRing(keyEncryptionKey);
    await idle.reload();
    return idle;
  };
  return { databaseUrl, ownerUrl, pool, clock, revoked, ring, idleRing };
}

/** Returns the kids that a ring publishes, in their order. */
export function kidsOf(ring: Ring): string[] {
  const { keys } = JSON.parse(ring.published().json) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid);
}
