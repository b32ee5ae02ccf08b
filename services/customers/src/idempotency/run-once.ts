import { createHash } from 'node:crypto';
import { inTransaction, Problem } from '@pair/service-kit';
import { and, eq, gt, lt, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { Pool } from 'pg';
import { idempotencyKeys as table } from '../db/schema.ts';
import type { KeyBudget } from './key-budget.ts';

/** An answer that retries get again. */
export interface KeptAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** A request with a key: the owner of the key, the route, and a digest of the body. */
export interface KeyedRequest {
  subject: string;
  route: string;
  key: string;
  fingerprint: Buffer;
}

const RETAINED_SINCE = sql`now() - interval '24 hours'`;
const BATCH = 5_000;

/**
 * Runs `work`, which changes the database, at most once for a key (draft-ietf-httpapi-idempotency-key-header §2). Stores its
 * answer in the same transaction, and returns it to retries for 24 hours.
 *
 * @throws {Problem} 409 `request_in_progress` while the first request with the key runs; 422 `idempotency_key_reused` if
 *   another request has used the key; 429 `too_many_idempotency_keys` if the subject has no place for another answer
 * @param noteReplay is called if the answer is the stored one
 */
export function runOnce(
  pool: Pool,
  { subject, route, key, fingerprint }: KeyedRequest,
  work: (db: NodePgDatabase) => Promise<KeptAnswer>,
  { budget, noteReplay = () => {} }: { budget: KeyBudget; noteReplay?: () => void },
): Promise<KeptAnswer> {
  return inTransaction(pool, async (_client, db) => {
    // held until the transaction ends; no request waits for it, because it would occupy a connection meanwhile
    const name = JSON.stringify([subject, route, key]);
    const { rows } = await db.execute<{ locked: boolean }>(
      sql`SELECT pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) AS locked`,
    );
    if (rows[0]?.locked !== true) throw requestInProgress();

    const isKey = and(eq(table.subject, subject), eq(table.route, route), eq(table.key, key));
    const [kept] = await db
      .select()
      .from(table)
      .where(and(isKey, gt(table.createdAt, RETAINED_SINCE)));
    if (kept !== undefined) {
      if (!kept.fingerprint.equals(fingerprint)) throw keyReused();
      noteReplay();
      return { status: kept.status, headers: kept.headers, body: kept.body };
    }
    await budget.take(db, subject);
    const answer = await work(db);
    const row = { fingerprint, ...answer, createdAt: sql`now()` };
    await db
      .insert(table)
      .values({ subject, route, key, ...row })
      .onConflictDoUpdate({ target: [table.subject, table.route, table.key], set: row }); // replaces an expired answer
    return answer;
  });
}

/** Removes expired answers in batches, so that each statement ends long before its time-out. */
export async function removeOldKeys(db: NodePgDatabase): Promise<void> {
  const isOld = lt(table.createdAt, RETAINED_SINCE);
  const batch = db.select({ ctid: sql`ctid` }).from(table).where(isOld).limit(BATCH);
  for (;;) {
    const { rowCount } = await db.delete(table).where(and(isOld, sql`ctid = ANY(ARRAY(${batch}))`));
    if (rowCount !== BATCH) return;
  }
}

/** Returns the SHA-256 of the parsed body, which is the same for every spelling of its JSON. */
export function fingerprintOf(body: unknown): Buffer {
  return createHash('sha256').update(JSON.stringify(body)).digest();
}

export function requestInProgress(): Problem {
  return new Problem(
    409,
    'request_in_progress',
    'The first request with this key is still running: try again.',
    {
      headers: { 'retry-after': '1' },
    },
  );
}

export function keyReused(): Problem {
  return new Problem(422, 'idempotency_key_reused', 'This key was used for another request: send a new key.');
}
