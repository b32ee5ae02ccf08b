import { createHash } from 'node:crypto';
import { inTransaction, Problem } from '@pair/service-kit';
import { and, eq, gt, lt, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { Pool } from 'pg';
import { idempotencyKeys as table } from '../db/schema.ts';

/** An answer as it is sent, and sent again. */
export interface KeptAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Whose key it is, for what, and a digest of what was asked for. */
export interface KeyedRequest {
  subject: string;
  route: string;
  key: string;
  fingerprint: Buffer;
}

const KEPT = sql`now() - interval '24 hours'`;
const BATCH = 5_000;

/**
 * Does `work`, which changes the database, at most once for a key (draft-ietf-httpapi-idempotency-key-header §2): its
 * answer is kept in the same transaction, for 24 hours, and given to whoever asks for the same again.
 *
 * @throws {Problem} 409 `request_in_progress` while the first of them is not answered yet; 422 `idempotency_key_reused`
 *   when something else was asked for with this key
 */
export function runOnce(
  pool: Pool,
  { subject, route, key, fingerprint }: KeyedRequest,
  work: (db: NodePgDatabase) => Promise<KeptAnswer>,
): Promise<KeptAnswer> {
  return inTransaction(pool, async (_client, db) => {
    // held until the transaction is over; nobody waits for it, for a waiting request would hold a connection
    const name = JSON.stringify([subject, route, key]);
    const { rows } = await db.execute<{ locked: boolean }>(
      sql`SELECT pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) AS locked`,
    );
    if (rows[0]?.locked !== true) throw requestInProgress();

    const isKey = and(eq(table.subject, subject), eq(table.route, route), eq(table.key, key));
    const [kept] = await db
      .select()
      .from(table)
      .where(and(isKey, gt(table.createdAt, KEPT)));
    if (kept !== undefined) {
      if (!kept.fingerprint.equals(fingerprint)) throw keyReused();
      return { status: kept.status, headers: kept.headers, body: kept.body };
    }
    const answer = await work(db);
    const row = { fingerprint, ...answer, createdAt: sql`now()` };
    await db
      .insert(table)
      .values({ subject, route, key, ...row })
      .onConflictDoUpdate({ target: [table.subject, table.route, table.key], set: row }); // one that is over
    return answer;
  });
}

/** Removes what is kept no longer, in statements that are over long before their time-out. */
export async function removeOldKeys(db: NodePgDatabase): Promise<void> {
  const isOld = lt(table.createdAt, KEPT);
  const some = db.select({ ctid: sql`ctid` }).from(table).where(isOld).limit(BATCH);
  for (;;) {
    const { rowCount } = await db.delete(table).where(and(isOld, sql`ctid = ANY(ARRAY(${some}))`));
    if (rowCount !== BATCH) return;
  }
}

/** SHA-256 of what was asked for, however it was spelled. */
export function fingerprintOf(body: unknown): Buffer {
  return createHash('sha256').update(JSON.stringify(body)).digest();
}

export function requestInProgress(): Problem {
  return new Problem(409, 'request_in_progress', 'The first request with this key is not answered yet.', {
    headers: { 'retry-after': '1' },
  });
}

export function keyReused(): Problem {
  return new Problem(422, 'idempotency_key_reused', 'This key was used for another request.');
}
