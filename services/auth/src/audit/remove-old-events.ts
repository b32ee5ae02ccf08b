import { inArray, lt, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { securityEvents } from '../db/schema.ts';

/** As the trigger of the table has it: sooner, nothing can be removed. */
const KEPT = sql`now() - interval '90 days'`;
/** A statement of this size is over long before its time-out. */
const BATCH = 5_000;

/** Removes all events that are older than 90 days. Resolves to how many those were. */
export async function removeOldEvents(db: NodePgDatabase): Promise<number> {
  const old = db
    .select({ id: securityEvents.id })
    .from(securityEvents)
    .where(lt(securityEvents.at, KEPT))
    .limit(BATCH);
  let removed = 0;
  for (;;) {
    const { rowCount } = await db.delete(securityEvents).where(inArray(securityEvents.id, old));
    removed += rowCount ?? 0;
    if (rowCount !== BATCH) return removed;
  }
}
