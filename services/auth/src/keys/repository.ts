import { inTransaction } from '@pair/service-kit';
import { sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { seal } from '../crypto/seal.ts';
import { type SigningKeyRow, signingKeys } from '../db/schema.ts';
import { keyStates } from './key-states.ts';
import { generateSigningKey } from './signing-key.ts';

/** How long a key signs, unless it is replaced before. */
const ROTATION_INTERVAL_MS = 30 * 24 * 3_600_000;
/** Published for this long before it signs, a key is known to every verifier: caches keep a key set for a minute. */
export const PUBLISHED_AHEAD_MS = 300_000;

/** All keys, in the order in which they are active. */
export function selectKeys(db: NodePgDatabase): Promise<SigningKeyRow[]> {
  return db.select().from(signingKeys).orderBy(signingKeys.activeFrom, signingKeys.kid);
}

/** The same, locked: no other transaction changes the keys until this one ends. Reading them goes on. */
export async function selectKeysForUpdate(db: NodePgDatabase): Promise<SigningKeyRow[]> {
  await db.execute(sql`LOCK TABLE ${signingKeys} IN SHARE ROW EXCLUSIVE MODE`);
  return selectKeys(db);
}

/** True when there is no key to sign with, or none to follow it. */
export function lacksKeys(rows: readonly SigningKeyRow[], nowMs: number): boolean {
  const states = keyStates(rows, nowMs);
  return !states.includes('active') || !states.includes('next');
}

/**
 * Makes a key to sign with, if there is none, and the one to follow it, which is the rotation: it is active thirty
 * days after the one before. Replicas that come at once make each key once. Resolves to the kid of the key that has
 * taken over since the last time, if one has.
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

/** The next key was revoked while `active` was active already: nothing has taken over, only the next is missing. */
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
