import { and, desc, eq, or } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { securityEvents as table } from '../db/schema.ts';

/** Reads the security events, the newest first. `userId` selects those that the user caused or that concern the user. */
export function findSecurityEvents(
  db: NodePgDatabase,
  { userId, event, limit }: { userId: string | undefined; event: string | undefined; limit: number },
) {
  const isOfUser = userId === undefined ? undefined : or(eq(table.userId, userId), eq(table.actorId, userId));
  const isOfKind = event === undefined ? undefined : eq(table.event, event);
  return db.select().from(table).where(and(isOfUser, isOfKind)).orderBy(desc(table.id)).limit(limit);
}
