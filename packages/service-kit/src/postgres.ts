import fastifyPostgres from '@fastify/postgres';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as drizzleMigrate } from 'drizzle-orm/node-postgres/migrator';
import fp from 'fastify-plugin';
import pg from 'pg';
import { isStoreUnavailable } from './unavailable.ts';

/**
 * A database that is away is a quick 503, so each wait has an end, on our side of the wire too. A request may wait
 * for a connection first and for its statement then: both together stay under a second.
 */
const TIMEOUTS = { connectionTimeoutMillis: 300, query_timeout: 450, statement_timeout: 400 };
const POOL_SIZE = 10;
const MIGRATION_LOCK = 'migrations';

/**
 * `app.pg` from @fastify/postgres, with time-outs and a pool that survives the server's absence: connections are
 * made when first needed, so a process boots without its database.
 */
export const postgres = fp<{ databaseUrl: string; name: string }>(
  async (app, { databaseUrl, name }) => {
    await app.register(fastifyPostgres, {
      connectionString: databaseUrl,
      max: POOL_SIZE,
      application_name: name,
      ...TIMEOUTS,
    });
    // an idle connection that breaks is replaced at the next query; without a listener it would end the process
    const { pool } = app.pg;
    pool.on('error', (err) => {
      if (!pool.ending) app.log.warn({ err }, 'lost a connection to PostgreSQL');
    });
    app.readinessCheck(`${name}: PostgreSQL`, () => app.pg.query('SELECT 1'));
  },
  { name: 'postgres' },
);

/**
 * Runs `work` in one transaction. When a store fails the connection is thrown away instead of being asked to
 * roll back: a server that does not answer would not answer that either, and its side rolls back by itself. So it is
 * when `signal` aborts, whatever is waited for then.
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const client = await pool.connect();
  // a connection that ends between two statements fails the next one; unheard, its event would end the process
  client.on('error', ignore);
  let isReleased = false;
  const release = (destroy: boolean) => {
    if (isReleased) return;
    isReleased = true;
    client.off('error', ignore);
    client.release(destroy);
  };
  signal?.addEventListener('abort', () => release(true));
  let result: T;
  try {
    await client.query('BEGIN');
    result = await work(client);
    await client.query('COMMIT');
  } catch (error) {
    const isOver =
      isStoreUnavailable(error) ||
      (await client.query('ROLLBACK').then(
        () => false,
        () => true,
      ));
    release(isOver);
    throw error;
  }
  release(false);
  return result;
}

const ignore = () => {};

/**
 * Applies the SQL files of `migrationsFolder` that are not applied yet. The session lock makes replicas of the
 * one-shot job wait for each other: drizzle's migrator takes none.
 */
export async function migrate(options: { databaseUrl: string; migrationsFolder: string }): Promise<void> {
  const client = new pg.Client({ connectionString: options.databaseUrl, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [MIGRATION_LOCK]);
    // a change that waits for a long transaction would make every request wait behind it
    await client.query("SET lock_timeout = '5s'");
    await drizzleMigrate(drizzle({ client }), { migrationsFolder: options.migrationsFolder });
  } finally {
    await client.end();
  }
}
