import { SCOPES } from '@pair/access-token';
import { loadJobConfig, OperatorError } from '@pair/service-kit';
import { and, eq, ne } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { insertSecurityEvents, type SecurityEventName } from '../audit/security-events.ts';
import { SetPasswordConfigSchema, type StoresConfig } from '../config.ts';
import { users as table } from '../db/schema.ts';
import { createPasswordHasher } from '../passwords/hasher.ts';
import { passwordFault } from '../passwords/rules.ts';
import { createSessionStore, type SessionStore } from '../sessions/session-store.ts';
import { isEnabledAdmin } from '../users/enabled-admin.ts';
import { defineCommand } from './command.ts';
import { lockUserNamed } from './manage-users.ts';
import { PASSWORD_SOURCES, readNewPassword } from './new-password.ts';
import { withPostgres, withRedis } from './stores.ts';

export const setPasswordCommand = defineCommand({
  name: 'users set-password',
  summary: 'Set the password of a user and end all sessions of the user; lets a locked-out admin in',
  operands: ['username'],
  details: `It enables the user, and gives the user all scopes if there is no enabled admin. After too many failed attempts to sign
in, the user still has to wait, or to sign in from another address. ${PASSWORD_SOURCES}`,
  async run({ username }, { env, stdin }) {
    const config = loadJobConfig(SetPasswordConfigSchema, env);
    const { password, generated } = await readNewPassword(config, stdin);
    return report(await setPassword(config, username, password), generated);
  },
});

function report({ username, wasDisabled, becameAdmin }: PasswordSet, generated: string | undefined): string {
  const lines = [`The password of "${username}" is set, and all sessions of the user have ended.`];
  if (wasDisabled) lines.push('The user was disabled, and is enabled now.');
  if (becameAdmin) lines.push('There was no enabled admin: the user has all scopes now.');
  if (generated !== undefined) lines.push(`The new password (shown once): ${generated}`);
  return `${lines.join('\n')}\n`;
}

export interface PasswordSet {
  /** In lower case, as PostgreSQL stores it. */
  username: string;
  wasDisabled: boolean;
  /** True if no enabled user had the scope users:admin: this user has all scopes now. */
  becameAdmin: boolean;
}

/**
 * Lets the operator in, in whatever state the users are: sets a new password, ends all sessions of the user, enables the
 * user, and grants all scopes if no enabled user is an admin. It does all of that or nothing, and records each change as a
 * security event. As in `changePassword`, the sessions end between UPDATE and COMMIT.
 *
 * @throws {OperatorError} when the password breaks a rule, there is no such user, or a store is away
 */
export async function setPassword(
  stores: StoresConfig,
  username: string,
  password: string,
): Promise<PasswordSet> {
  const fault = passwordFault(password, username);
  if (fault !== undefined) throw new OperatorError(`The password ${fault}.`);
  const { hash } = await createPasswordHasher();
  const passwordHash = await hash(password);
  return withRedis(stores, (redis, clock, replication) => {
    const sessions = createSessionStore(redis, clock, { replayWindowSeconds: 0, replication });
    return withPostgres(stores.DATABASE_URL, (db) => letIn(db, sessions, username, passwordHash));
  });
}

async function letIn(
  db: NodePgDatabase,
  sessions: Pick<SessionStore, 'endAllOfUser'>,
  username: string,
  passwordHash: string,
): Promise<PasswordSet> {
  const user = await lockUserNamed(db, username);
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
