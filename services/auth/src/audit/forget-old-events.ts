import { isStoreUnavailable } from '@pair/service-kit';
import { inArray, lt, sql } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { FastifyInstance } from 'fastify';
import { securityEvents } from '../db/schema.ts';

/** As the trigger of the table has it: sooner, nothing can be removed. */
const KEPT = sql`now() - interval '90 days'`;
const INTERVAL_MS = 3_600_000;
const FIRST_MS = 60_000;
/** A statement of this size is over long before its time-out. */
const BATCH = 5_000;

/** Removes events that are older than 90 days, hourly. Replicas may do so at once. */
export function forgetOldEvents(app: FastifyInstance): void {
  const db = drizzle({ client: app.pg.pool });
  let timer: NodeJS.Timeout;
  let stopped = false;

  const schedule = (delayMs: number) => {
    timer = setTimeout(forget, delayMs);
    timer.unref();
  };
  const forget = async () => {
    try {
      while ((await removeOldEvents(db)) === BATCH);
    } catch (err) {
      if (!isStoreUnavailable(err)) app.log.error({ err }, 'old security events cannot be removed');
    }
    if (!stopped) schedule(INTERVAL_MS);
  };
  app.addHook('onReady', async () => schedule(FIRST_MS));
  app.addHook('onClose', async () => {
    stopped = true;
    clearTimeout(timer);
  });
}

/** Resolves to how many it removed, at most a batch. */
export async function removeOldEvents(db: NodePgDatabase): Promise<number> {
  const old = db
    .select({ id: securityEvents.id })
    .from(securityEvents)
    .where(lt(securityEvents.at, KEPT))
    .limit(BATCH);
  const { rowCount } = await db.delete(securityEvents).where(inArray(securityEvents.id, old));
  return rowCount ?? 0;
}
