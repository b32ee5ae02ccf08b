import { Problem } from '@pair/service-kit';
import { sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { idempotencyKeys as table } from '../db/schema.ts';

/** More than one key a second all day: 260 MB of rows and indexes, if all keys and names are as long as they may be. */
const MAX_KEYS = 100_000;
const COUNTED_EVERY = 1_000;
/** A subject with too many keys is counted again after this time. */
const REFUSED_MS = 60_000;
/** Then the budgets begin again, so that memory is bounded. */
const MAX_SUBJECTS = 10_000;

/** Bounds the stored answers of one subject. */
export interface KeyBudget {
  /**
   * Takes the place of one key.
   *
   * @throws {Problem} 429 `too_many_idempotency_keys`
   */
  take(db: NodePgDatabase, subject: string): Promise<void>;
}

/**
 * Counts the rows of a subject after every thousand keys that this process has stored for it, and not for each request. So a
 * subject has at most a thousand rows more than the bound for each process.
 *
 * @param now the time in ms; a test may move it
 */
export function keyBudget({
  max = MAX_KEYS,
  countedEvery = COUNTED_EVERY,
  now = () => performance.now(),
} = {}): KeyBudget {
  const budgets = new Map<string, { left: number; refusedUntil: number }>();

  function budgetOf(subject: string) {
    const known = budgets.get(subject);
    if (known !== undefined) return known;
    if (budgets.size >= MAX_SUBJECTS) budgets.clear();
    const budget = { left: countedEvery, refusedUntil: 0 };
    budgets.set(subject, budget);
    return budget;
  }

  return {
    async take(db, subject) {
      const budget = budgetOf(subject);
      if (now() < budget.refusedUntil) throw tooManyKeys(budget.refusedUntil - now());
      if (budget.left <= 0) {
        budget.left = Math.min(countedEvery, max - (await countUpTo(max, db, subject)));
        if (budget.left <= 0) {
          budget.refusedUntil = now() + REFUSED_MS;
          throw tooManyKeys(REFUSED_MS);
        }
      }
      budget.left -= 1;
    },
  };
}

/** Reads the primary key alone. Counts expired rows too, which leave within the hour. */
async function countUpTo(max: number, db: NodePgDatabase, subject: string): Promise<number> {
  const places = sql`SELECT FROM ${table} WHERE ${table.subject} = ${subject} LIMIT ${max}`;
  const { rows } = await db.execute<{ n: number }>(sql`SELECT count(*)::int AS n FROM (${places}) AS places`);
  return rows[0]?.n ?? 0;
}

export function tooManyKeys(waitMs = REFUSED_MS): Problem {
  return new Problem(
    429,
    'too_many_idempotency_keys',
    'You have used too many idempotency keys in 24 hours. Try again later, or send the request without a key.',
    { headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) } },
  );
}
