import { and, eq, gt, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import fp from 'fastify-plugin';
import { users as table, type User } from '../db/schema.ts';
import { USERNAME_PATTERN } from '../usernames.ts';

/** Skip the query for impossible usernames: PostgreSQL rejects U+0000. */
const USERNAME = new RegExp(USERNAME_PATTERN);

declare module 'fastify' {
  interface FastifyInstance {
    users: UserRepository;
  }
}

export type UserRepository = ReturnType<typeof createUserRepository>;

export const users = fp(
  async (app) => {
    app.decorate('users', createUserRepository(app.db));
  },
  { name: 'users', dependencies: ['postgres'] },
);

export function createUserRepository(db: NodePgDatabase) {
  const byId = eq(table.id, sql.placeholder('id'));
  const selectByUsername = db
    .select()
    .from(table)
    .where(eq(table.username, sql.placeholder('username')))
    .prepare('user_by_username');
  const selectById = db.select().from(table).where(byId).prepare('user_by_id');
  const selectByIdShared = db.select().from(table).where(byId).for('share').prepare('user_by_id_for_share');
  const selectPage = db
    .select()
    .from(table)
    .where(gt(table.username, sql.placeholder('after')))
    .orderBy(table.username)
    .limit(sql.placeholder('limit'))
    .prepare('users_page');

  return {
    async findByUsername(username: string): Promise<User | undefined> {
      if (!USERNAME.test(username)) return undefined;
      return (await selectByUsername.execute({ username }))[0];
    },
    async findById(id: string): Promise<User | undefined> {
      return (await selectById.execute({ id }))[0];
    },
    /** Waits for a concurrent change of the user, and returns the row after it. */
    async findSettledById(id: string): Promise<User | undefined> {
      return (await selectByIdShared.execute({ id }))[0];
    },
    async page(after: string, limit: number): Promise<User[]> {
      return selectPage.execute({ after, limit });
    },
    /** Returns undefined if the username is taken. */
    async insert(user: Pick<User, 'id' | 'username' | 'passwordHash' | 'scopes'>): Promise<User | undefined> {
      return (await db.insert(table).values(user).onConflictDoNothing().returning())[0];
    },
    replacePasswordHash: (id: string, passwordHash: string, current: string) =>
      replacePasswordHash(db, id, passwordHash, current),
  };
}

/** Returns false if there is no such user, or if `current` is given and no longer the hash. */
export async function replacePasswordHash(
  db: NodePgDatabase,
  id: string,
  passwordHash: string,
  current?: string,
): Promise<boolean> {
  const isCurrent = current === undefined ? undefined : eq(table.passwordHash, current);
  const { rowCount } = await db
    .update(table)
    .set({ passwordHash })
    .where(and(eq(table.id, id), isCurrent));
  return rowCount === 1;
}

/** Changes the row of a user; for use within a transaction. */
export async function updateUserRow(
  db: NodePgDatabase,
  id: string,
  change: Partial<Pick<User, 'disabled' | 'scopes'>>,
): Promise<User | undefined> {
  return (await db.update(table).set(change).where(eq(table.id, id)).returning())[0];
}
