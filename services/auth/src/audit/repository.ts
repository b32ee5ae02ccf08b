import { and, desc, eq, or, type SQL, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { securityEvents as table } from '../db/schema.ts';

/** Reads the security events, the newest first; of one user, as the actor or the one concerned, and of one kind. */
export function createAuditRepository(pool: pg.Pool) {
  const db = drizzle({ client: pool });
  const userId = sql.placeholder('userId');
  const isOfUser = or(eq(table.userId, userId), eq(table.actorId, userId));
  const isOfKind = eq(table.event, sql.placeholder('event'));
  const select = (name: string, where?: SQL) =>
    db
      .select()
      .from(table)
      .where(where)
      .orderBy(desc(table.id))
      .limit(sql.placeholder('limit'))
      .prepare(name);

  const all = select('audit');
  const ofUser = select('audit_of_user', isOfUser);
  const ofKind = select('audit_of_kind', isOfKind);
  const ofBoth = select('audit_of_user_and_kind', and(isOfUser, isOfKind));

  return {
    find(filter: { userId: string | undefined; event: string | undefined; limit: number }) {
      if (filter.userId === undefined)
        return filter.event === undefined ? all.execute(filter) : ofKind.execute(filter);
      return filter.event === undefined ? ofUser.execute(filter) : ofBoth.execute(filter);
    },
  };
}
