import { inTransaction, Problem } from '@pair/service-kit';
import { eq } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { FastifyInstance } from 'fastify';
import { users as table, type User } from '../db/schema.ts';
import { isEnabledAdmin } from './enabled-admin.ts';
import { updateUserRow } from './repository.ts';

/** The part of the session store that a change of a user needs. */
export interface SessionsOfUser {
  endAllOfUser(userId: string): Promise<unknown>;
  forgetScopes(userId: string): Promise<unknown>;
}

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
  return inTransaction(app.pg.pool, (_client, db) => updateUserIn(db, app.sessions, id, change));
}

/** Does the work of `updateUser` in a transaction of the caller. */
export async function updateUserIn(
  db: NodePgDatabase,
  sessions: SessionsOfUser,
  id: string,
  change: UserChange,
): Promise<{ before: User; after: User }> {
  const { user: before, isLastAdmin } = await lockUser(db, id);
  const after = { ...before, ...change };
  const remainsAdmin = after.scopes.includes('users:admin') && !after.disabled;
  if (!remainsAdmin && isLastAdmin) throw lastAdmin();

  await updateUserRow(db, before.id, change);
  const has = (user: User) => (scope: string) => user.scopes.includes(scope);
  // the id from the row: PostgreSQL finds it in any spelling, but Redis knows only one
  if (after.disabled || !before.scopes.every(has(after))) await sessions.endAllOfUser(before.id);
  else if (!after.scopes.every(has(before))) await sessions.forgetScopes(before.id);
  return { before, after };
}

/**
 * Deletes a user. All their sessions end between DELETE and COMMIT, so none of them outlives the row. A sign-in or a refresh
 * in progress that reads the user again waits for the COMMIT, and finds no user.
 *
 * @returns the deleted row
 * @throws {Problem} 404 `not_found`, 409 `last_admin`, 503
 */
export function deleteUser(app: FastifyInstance, id: string): Promise<User> {
  return inTransaction(app.pg.pool, (_client, db) => deleteUserIn(db, app.sessions, id));
}

/** Does the work of `deleteUser` in a transaction of the caller. */
export async function deleteUserIn(db: NodePgDatabase, sessions: SessionsOfUser, id: string): Promise<User> {
  const { user, isLastAdmin } = await lockUser(db, id);
  if (isLastAdmin) throw lastAdmin();
  await db.delete(table).where(eq(table.id, user.id));
  await sessions.endAllOfUser(user.id);
  return user;
}

/** Locks all enabled admins in the same order, so that two admins can neither disable nor delete each other. */
async function lockUser(db: NodePgDatabase, id: string): Promise<{ user: User; isLastAdmin: boolean }> {
  const admins = await db
    .select({ id: table.id })
    .from(table)
    .where(isEnabledAdmin)
    .orderBy(table.id)
    .for('update');
  const [user] = await db.select().from(table).where(eq(table.id, id)).for('update');
  if (user === undefined) throw userNotFound();
  return { user, isLastAdmin: admins.length > 0 && admins.every((admin) => admin.id === user.id) };
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
