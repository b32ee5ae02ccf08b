import { OperatorError, Problem, UsageError } from '@pair/service-kit';
import { eq } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { uuidv7 } from 'uuidv7';
import { insertSecurityEvents, type SecurityEventName } from '../audit/security-events.ts';
import type { StoresConfig } from '../config.ts';
import { users as table, type User } from '../db/schema.ts';
import { createPasswordHasher } from '../passwords/hasher.ts';
import { passwordFault } from '../passwords/rules.ts';
import { createSessionStore } from '../sessions/session-store.ts';
import { USERNAME_PATTERN, USERNAME_RULE } from '../usernames.ts';
import { createUserRepository } from '../users/repository.ts';
import { deleteUserIn, type SessionsOfUser, updateUserIn } from '../users/update-user.ts';
import { requireKnownScopes } from './known-names.ts';
import { withPostgres, withRedis } from './stores.ts';

/** Lists all users by username. */
export function listUsers(db: NodePgDatabase): Promise<User[]> {
  return db.select().from(table).orderBy(table.username);
}

/** @throws {OperatorError} when the username, the password or a scope breaks a rule, or the username is taken */
export async function addUser(
  databaseUrl: string,
  { username, password, scopes: given }: { username: string; password: string; scopes: string[] },
): Promise<User> {
  if (!new RegExp(USERNAME_PATTERN).test(username)) {
    throw new UsageError(`The username must have ${USERNAME_RULE}.`);
  }
  const scopes = requireKnownScopes(given);
  const fault = passwordFault(password, username);
  if (fault !== undefined) throw new OperatorError(`The password ${fault}.`);
  const { hash } = await createPasswordHasher();
  const row = { id: uuidv7(), username: username.toLowerCase(), passwordHash: await hash(password), scopes };
  return withPostgres(databaseUrl, async (db) => {
    const user = await createUserRepository(db).insert(row);
    if (user === undefined) {
      throw new OperatorError(`There is a user "${row.username}" already: choose another username.`);
    }
    await record(db, 'user_created', user.id, scopes.join(' '));
    return user;
  });
}

/**
 * Disables or enables a user. Resolves to false if that changed nothing.
 *
 * @throws {OperatorError} when there is no such user, or it is the last enabled admin
 */
export function setDisabled(config: StoresConfig, username: string, disabled: boolean): Promise<boolean> {
  return withUser(config, username, async (db, sessions, { id }) => {
    const { before } = await updateUserIn(db, sessions, id, { disabled });
    if (before.disabled === disabled) return false;
    await record(db, disabled ? 'user_disabled' : 'user_enabled', id);
    return true;
  });
}

/** @throws {OperatorError} when there is no such user, or it is the last enabled admin */
export function deleteUser(config: StoresConfig, username: string): Promise<void> {
  return withUser(config, username, async (db, sessions, { id }) => {
    await deleteUserIn(db, sessions, id);
    await record(db, 'user_deleted', id);
  });
}

/** @throws {OperatorError} when there is no such user */
export async function lockUserNamed(db: NodePgDatabase, username: string): Promise<User> {
  const [user] = await db
    .select()
    .from(table)
    .where(eq(table.username, username.toLowerCase()))
    .for('update');
  if (user === undefined) throw noUser();
  return user;
}

function withUser<T>(
  stores: StoresConfig,
  username: string,
  work: (db: NodePgDatabase, sessions: SessionsOfUser, user: User) => Promise<T>,
): Promise<T> {
  return withRedis(stores, (redis, clock, replication) => {
    const sessions = createSessionStore(redis, clock, { replayWindowSeconds: 0, replication });
    return withPostgres(stores.DATABASE_URL, async (db) => {
      // without a lock: the work locks the admins first, as every change of a user does
      const user = await createUserRepository(db).findByUsername(username.toLowerCase());
      if (user === undefined) throw noUser();
      return work(db, sessions, user);
    }).catch(inOneSentence);
  });
}

function noUser(): OperatorError {
  return new OperatorError('There is no such user: "users list" shows the users.');
}

/** The API and the commands share the rules, so the text of a problem fits here too. */
function inOneSentence(error: unknown): never {
  throw error instanceof Problem ? new OperatorError(error.message, { cause: error }) : error;
}

function record(
  db: NodePgDatabase,
  event: SecurityEventName,
  userId: string,
  detail?: string,
): Promise<void> {
  return insertSecurityEvents(db, [{ event, outcome: 'succeeded', userId, detail }]);
}
