import { randomBytes } from 'node:crypto';
import { SCOPES } from '@pair/access-token';
import { OperatorError } from '@pair/service-kit';
import { eq, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { uuidv7 } from 'uuidv7';
import { insertSecurityEvents } from '../audit/security-events.ts';
import { users as table } from '../db/schema.ts';
import { createPasswordHasher } from '../passwords/hasher.ts';
import { passwordFault } from '../passwords/rules.ts';
import { isEnabledAdmin } from '../users/enabled-admin.ts';

/** The new admin. `password` is present only if it was generated; it is stored nowhere else. */
export interface FirstAdmin {
  username: string;
  password?: string;
}

/** `advice` is for the operator of a system without an admin, when the command could not create one. */
export interface FirstAdminOutcome {
  admin?: FirstAdmin;
  advice?: string;
}

/**
 * Creates the first admin, with all scopes, unless an enabled user is an admin already. Concurrent calls create one. An
 * existing user with the name never becomes an admin here, because the name may come from open registration. That case is
 * advice and no error: a start that fails would close the service to all other users.
 *
 * @param db a transaction
 * @throws {OperatorError} when the password breaks a rule
 */
export async function createFirstAdmin(
  db: NodePgDatabase,
  { username, password: chosen }: { username: string; password: string | undefined },
): Promise<FirstAdminOutcome> {
  await db.execute(sql`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`);
  if ((await db.$count(table, isEnabledAdmin)) > 0) return {};
  if ((await db.$count(table, eq(table.username, username))) > 0) return { advice: lockedOut(username) };
  const password = chosen ?? generatePassword();
  const fault = passwordFault(password, username);
  if (fault !== undefined) throw new OperatorError(`ADMIN_PASSWORD ${fault}.`);
  const { hash } = await createPasswordHasher();
  const id = uuidv7();
  const scopes = [...SCOPES];
  await db.insert(table).values({ id, username, passwordHash: await hash(password), scopes });
  await insertSecurityEvents(db, [
    { event: 'user_created', outcome: 'succeeded', userId: id, detail: scopes.join(' ') },
  ]);
  return { admin: chosen === undefined ? { username, password } : { username } };
}

function lockedOut(username: string): string {
  return `No enabled user has the scope users:admin, and ADMIN_USERNAME "${username}" is a user already. To get in, run the command set-password for "${username}" or another user: it enables that user and gives it all scopes.`;
}

/** About 108 bits, in letters and digits: easy to read aloud, and a double click selects them all. */
export function generatePassword(): string {
  return randomBytes(18).toString('base64url').replaceAll('-', 'x').replaceAll('_', 'y');
}
