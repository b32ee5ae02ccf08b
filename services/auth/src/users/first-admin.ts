import { randomBytes } from 'node:crypto';
import { SCOPES } from '@pair/access-token';
import { inTransaction, OperatorError } from '@pair/service-kit';
import { arrayContains, eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { users as table } from '../db/schema.ts';
import { createPasswordHasher } from './password-hasher.ts';
import { passwordFault } from './password-rules.ts';

/** Who was made; `password` only when it was generated, and then nowhere else. */
export interface FirstAdmin {
  username: string;
  password?: string;
}

/** Makes the first admin, with all scopes, unless there is an admin already. Two at once make one. */
export async function createFirstAdmin(options: {
  databaseUrl: string;
  username: string;
  password: string | undefined;
}): Promise<FirstAdmin | undefined> {
  const { databaseUrl, username } = options;
  const generated = options.password === undefined ? generatePassword() : undefined;
  const password = options.password ?? generated ?? '';
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1, connectionTimeoutMillis: 5_000 });
  try {
    return await inTransaction(pool, async (client) => {
      const db = drizzle({ client });
      await client.query('LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE');
      if ((await db.$count(table, arrayContains(table.scopes, ['users:admin']))) > 0) return undefined;
      if ((await db.$count(table, eq(table.username, username))) > 0) {
        throw new OperatorError(
          `There is no admin, and ADMIN_USERNAME "${username}" is a user without scopes: choose another.`,
        );
      }
      const fault = passwordFault(password, username);
      if (fault !== undefined) throw new OperatorError(`ADMIN_PASSWORD ${fault}.`);
      const { hash } = await createPasswordHasher();
      await db.insert(table).values({
        id: uuidv7(),
        username,
        passwordHash: await hash(password),
        scopes: [...SCOPES],
      });
      return generated === undefined ? { username } : { username, password: generated };
    });
  } finally {
    await pool.end();
  }
}

/** 108 bits in letters that survive being read aloud and a double click. */
export function generatePassword(): string {
  return randomBytes(18).toString('base64url').replaceAll('-', 'x').replaceAll('_', 'y');
}
