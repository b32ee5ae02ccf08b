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

/** The admin that was made; `password` only when it was generated, and then nowhere else. */
export interface FirstAdmin {
  username: string;
  password?: string;
}

/** `advice`: what the operator must do, because there is no admin and none could be made. */
export interface FirstAdminOutcome {
  admin?: FirstAdmin;
  advice?: string;
}

/**
 * Makes the first admin, with all scopes, unless an enabled user is an admin already. Two at once make one. A user who has
 * the name is never made an admin here: the name may have come from open registration. That is no error, for a start that
 * fails would close the service to everyone else.
 *
 * @param db a transaction
 * @throws {OperatorError} when the password is a bad one
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

/** 108 bits in letters that survive being read aloud and a double click. */
export function generatePassword(): string {
  return randomBytes(18).toString('base64url').replaceAll('-', 'x').replaceAll('_', 'y');
}
