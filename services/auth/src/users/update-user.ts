import { inTransaction, Problem } from '@pair/service-kit';
import { eq } from 'drizzle-orm';
import type { FastifyInstance } from 'fastify';
import { users as table, type User } from '../db/schema.ts';
import { isEnabledAdmin } from './enabled-admin.ts';
import { updateUserRow } from './repository.ts';

export type UserChange = Partial<Pick<User, 'disabled' | 'scopes'>>;

/**
 * Changes what a user may do. When it becomes less, the user's sessions end between UPDATE and COMMIT: a Redis that
 * fails rolls the change back, so a disabled user with live sessions cannot be.
 *
 * @throws {Problem} 404 `not_found`, 409 `last_admin`, 503
 */
export async function updateUser(
  app: FastifyInstance,
  id: string,
  change: UserChange,
): Promise<{ before: User; after: User }> {
  return inTransaction(app.pg.pool, async (_client, db) => {
    // locked in one order by everybody who changes a user: two admins cannot each disable the other
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
    const lostScope = before.scopes.some((scope) => !after.scopes.includes(scope));
    // the id as the row has it: PostgreSQL found it in any spelling, Redis has it in one
    if (after.disabled || lostScope) await app.sessions.endAllOfUser(before.id);
    return { before, after };
  });
}

export function userNotFound(): Problem {
  return new Problem(404, 'not_found', 'There is no such user.');
}

export function lastAdmin(): Problem {
  return new Problem(409, 'last_admin', 'This is the last admin: make another one first.');
}
