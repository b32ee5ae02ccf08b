import { inTransaction, Problem } from '@pair/service-kit';
import { eq } from 'drizzle-orm';
import type { FastifyInstance } from 'fastify';
import { users as table, type User } from '../db/schema.ts';
import { isEnabledAdmin } from './enabled-admin.ts';
import { updateUserRow } from './repository.ts';

export type UserChange = Partial<Pick<User, 'disabled' | 'scopes'>>;

/**
 * Changes the rights of a user. If the user loses a right, all their sessions end between UPDATE and COMMIT: a failure of
 * Redis rolls back the change, so a disabled user never has live sessions. An added scope is not written into the sessions,
 * because the COMMIT may fail: they forget the scopes, and the next refresh reads them after the end of this transaction.
 *
 * @throws {Problem} 404 `not_found`, 409 `last_admin`, 503
 */
export async function updateUser(
  app: FastifyInstance,
  id: string,
  change: UserChange,
): Promise<{ before: User; after: User }> {
  return inTransaction(app.pg.pool, async (_client, db) => {
    // every change of a user locks the admins in the same order, so that two admins cannot disable each other
    const admins = await db
      .select({ id: table.id })
      .from(table)
      .where(isEnabledAdmin)
      .orderBy(table.id)
      .for('update');
    const [before] = await db.select().from(table).where(eq(table.id, id)).for('update');
    if (before === undefined) throw userNotFound();

    const after = { ...before, ...change };
    const remainsAdmin = after.scopes.includes('users:admin') && !after.disabled;
    if (!remainsAdmin && admins.every((admin) => admin.id === before.id) && admins.length > 0) {
      throw lastAdmin();
    }

    await updateUserRow(db, before.id, change);
    const has = (user: User) => (scope: string) => user.scopes.includes(scope);
    // the id from the row: PostgreSQL finds it in any spelling, but Redis knows only one
    if (after.disabled || !before.scopes.every(has(after))) await app.sessions.endAllOfUser(before.id);
    else if (!after.scopes.every(has(before))) await app.sessions.forgetScopes(before.id);
    return { before, after };
  });
}

export function userNotFound(): Problem {
  return new Problem(404, 'not_found', 'There is no such user.');
}

export function lastAdmin(): Problem {
  return new Problem(
    409,
    'last_admin',
    'This is the last admin: give another user the scope users:admin first.',
  );
}
