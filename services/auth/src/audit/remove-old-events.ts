import { sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';

/** Removes one batch: see migrations/0005_remove_old_security_events.sql. */
const REMOVE_BATCH = sql`SELECT remove_old_security_events() AS removed`;

/** Removes all events older than 90 days. Resolves with their number. */
export async function removeOldEvents(db: NodePgDatabase): Promise<number> {
  let total = 0;
  for (;;) {
    const { rows } = await db.execute<{ removed: number }>(REMOVE_BATCH);
    const removed = rows[0]?.removed ?? 0;
    total += removed;
    if (removed === 0) return total;
  }
}
