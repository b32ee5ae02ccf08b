import { SCOPES } from '@pair/access-token';
import { OperatorError } from '@pair/service-kit';
import { and, eq, ne } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { insertSecurityEvents, type SecurityEventName } from '../audit/security-events.ts';
import { users as table } from '../db/schema.ts';
import type { PasswordHasher } from '../passwords/hasher.ts';
import { passwordFault } from '../passwords/rules.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { isEnabledAdmin } from '../users/enabled-admin.ts';

export interface PasswordSet {
  /** As it is stored: in lower case. */
  username: string;
  wasDisabled: boolean;
  /** No enabled user had the scope users:admin, so this one has all scopes now. */
  becameAdmin: boolean;
}

/**
 * The operator's way in, in whatever state the users are: sets a new password, ends all sessions of the user, enables the
 * user, and gives it all scopes when no enabled user is an admin. All of it or nothing; the changes are among the security
 * events. As in `changePassword`, the sessions end between UPDATE and COMMIT.
 *
 * @param on `db` is a transaction
 * @throws {OperatorError} when the password is a bad one, or there is no such user
 */
export async function setPassword(
  on: {
    db: NodePgDatabase;
    sessions: Pick<SessionStore, 'endAllOfUser'>;
    hasher: Pick<PasswordHasher, 'hash'>;
  },
  username: string,
  password: string,
): Promise<PasswordSet> {
  const { db, sessions, hasher } = on;
  const fault = passwordFault(password, username);
  if (fault !== undefined) throw new OperatorError(`The password ${fault}.`);
  const passwordHash = await hasher.hash(password);
  const [user] = await db
    .select()
    .from(table)
    .where(eq(table.username, username.toLowerCase()))
    .for('update');
  if (user === undefined) throw new OperatorError(`There is no user "${username}".`);
  const isAdmin = user.scopes.includes('users:admin');
  const becameAdmin = !isAdmin && (await db.$count(table, and(isEnabledAdmin, ne(table.id, user.id)))) === 0;
  const scopes = becameAdmin ? [...SCOPES] : user.scopes;
  await db.update(table).set({ passwordHash, disabled: false, scopes }).where(eq(table.id, user.id));

  const record = (event: SecurityEventName, detail = 'set-password') => ({
    event,
    outcome: 'succeeded' as const,
    userId: user.id,
    detail,
  });
  await insertSecurityEvents(db, [
    record('password_changed'),
    ...(user.disabled ? [record('user_enabled')] : []),
    ...(becameAdmin ? [record('scopes_changed', scopes.join(' '))] : []),
  ]);
  await sessions.endAllOfUser(user.id);
  return { username: user.username, wasDisabled: user.disabled, becameAdmin };
}
