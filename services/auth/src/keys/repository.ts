import { inTransaction } from '@pair/service-kit';
import { sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { seal } from '../crypto/seal.ts';
import { type SigningKeyRow, signingKeys } from '../db/schema.ts';
import { keyStates } from './key-states.ts';
import { generateSigningKey } from './signing-key.ts';

/** The time for which a key signs, unless an operator replaces it earlier. */
const ROTATION_INTERVAL_MS = 30 * 24 * 3_600_000;
/** The time from the publication of a key to its first signature. Resource servers cache a key set for a minute. */
export const PUBLISHED_AHEAD_MS = 300_000;

/** Returns all keys, in the order of `activeFrom`. */
export function selectKeys(db: NodePgDatabase): Promise<SigningKeyRow[]> {
  return db.select().from(signingKeys).orderBy(signingKeys.activeFrom, signingKeys.kid);
}

/** Returns all keys and locks them: no other transaction can change the keys until this one ends, but all can read them. */
export async function selectKeysForUpdate(db: NodePgDatabase): Promise<SigningKeyRow[]> {
  await db.execute(sql`LOCK TABLE ${signingKeys} IN SHARE ROW EXCLUSIVE MODE`);
  return selectKeys(db);
}

/** Removes the keys that have been gone for 90 days: see migrations/0009_remove_gone_signing_keys.sql. */
export function removeGoneKeys(db: NodePgDatabase): Promise<unknown> {
  return db.execute(sql`SELECT remove_gone_signing_keys()`);
}

/** True if no key is active, or no key is next. */
export function lacksKeys(rows: readonly SigningKeyRow[], nowMs: number): boolean {
  const states = keyStates(rows, nowMs);
  return !states.includes('active') || !states.includes('next');
}

/**
 * Creates an active key if there is none, and a next key if there is none. The next key is the rotation: it becomes active
 * thirty days after its predecessor. Concurrent replicas create each key once. Resolves with the kid of the active key if it
 * took over since the last call.
 */
export function addMissingKeys(
  pool: pg.Pool,
  sealingKey: Buffer,
  nowMs: number,
): Promise<string | undefined> {
  return inTransaction(pool, async (_client, db) => {
    const rows = await selectKeysForUpdate(db);
    const states = keyStates(rows, nowMs);
    const active = rows[states.indexOf('active')];
    if (active === undefined) await insertKey(db, sealingKey, nowMs, nowMs);
    if (states.includes('next')) return undefined;

    const activeFrom = Math.max(
      (active?.activeFrom.getTime() ?? nowMs) + ROTATION_INTERVAL_MS,
      nowMs + PUBLISHED_AHEAD_MS,
    );
    await insertKey(db, sealingKey, activeFrom, nowMs);
    return active === undefined || lostItsNext(active, rows) ? undefined : active.kid;
  });
}

/** True if the next key was revoked while `active` was active: then no key has taken over, and only the next is missing. */
function lostItsNext(active: SigningKeyRow, rows: readonly SigningKeyRow[]): boolean {
  return rows.some(
    ({ activeFrom, revokedAt }) =>
      revokedAt !== null && revokedAt <= activeFrom && revokedAt > active.activeFrom,
  );
}

async function insertKey(db: NodePgDatabase, sealingKey: Buffer, activeFromMs: number, nowMs: number) {
  const { kid, publicJwk, privateKey } = generateSigningKey();
  await db.insert(signingKeys).values({
    kid,
    publicJwk,
    sealedPrivateKey: seal(privateKey, sealingKey, kid),
    activeFrom: new Date(activeFromMs),
    createdAt: new Date(nowMs),
  });
}
