import fastifyPostgres, { type PostgresPluginOptions } from '@fastify/postgres';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { migrate as drizzleMigrate } from 'drizzle-orm/node-postgres/migrator';
import fp from 'fastify-plugin';
import pg from 'pg';
import { poolMetrics } from '../metrics/pool-metrics.ts';
import { storeOperations } from '../metrics/store-operations.ts';
import { isStoreUnavailable } from '../problems/unavailable.ts';
import { connectionSettings, pooledSettings, sessionSettings } from './connection-settings.ts';
import { STORE_LIMITS, type StoreLimits } from './limits.ts';
import { watchPooler } from './pooler.ts';
import { isRefusedStatement } from './refused-statement.ts';
import { UnconfirmedCommit, type UnconfirmedWrites } from './unconfirmed-writes.ts';
import { WarmPool } from './warm-pool.ts';

const POOL_SIZE = 10;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 15_000;
/** The extra time before this process gives up a statement. Only a dead connection needs it: the server ends a slow one. */
const QUERY_RESERVE_MS = 500;
/** Longer than the limit of a check, so that a check distinguishes a slow server from a refusal. */
const READINESS_LIMIT_MS = 2_000;
const OUTAGE_LIMIT_MS = 350;
/** The limit for the connection of a migration, for which no client waits. */
const CONNECT_TIMEOUT_MS = 10_000;
const MIGRATION_LOCK = 'migrations';

/**
 * Checks that the server can write, at little cost: it commits a transaction to the log on the disk. A server in recovery
 * refuses that. It touches no table, and every role may call the function. It waits for no standby: without one a process still
 * serves reads, and each check would leave a waiting backend.
 */
const CAN_WRITE = `SELECT set_config('synchronous_commit', 'local', true),
  pg_logical_emit_message(true, 'readiness', '')`;

declare module 'fastify' {
  interface FastifyInstance {
    /** drizzle over the pool of `app.pg`. */
    db: NodePgDatabase & { $client: pg.Pool };
    /** Rejects within 400 ms while PostgreSQL is away, even under load. For work on connections other than `app.pg`. */
    requirePostgres(): Promise<void>;
    /** The writes of this process without an answer. For connections other than `app.pg`, which counts its own. */
    unconfirmedWrites: UnconfirmedWrites;
  }
}

/**
 * Decorates `app.pg` from @fastify/postgres, over a {@link WarmPool}: its connections are open before the process is ready,
 * and a process starts even without its database.
 *
 * @param options.isPooled whether the URL leads through PgBouncer in transaction mode; default: false
 * @param options.connections the number of connections; default: 10, for a service
 * @param options.limits the limits instead of the defaults, which production uses; only tests pass them
 */
export const postgres = fp<{
  databaseUrl: string;
  name: string;
  isPooled?: boolean;
  connections?: number;
  limits?: Partial<StoreLimits>;
}>(
  async (app, { databaseUrl, name, isPooled = false, connections = POOL_SIZE, limits = {} }) => {
    const { waitMs, statementMs, lockMs, silenceMs } = { ...STORE_LIMITS, ...limits };
    const session = {
      statement_timeout: statementMs,
      lock_timeout: lockMs,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    };
    await app.register(fastifyPostgres, {
      ...(isPooled ? pooledSettings(databaseUrl) : connectionSettings(databaseUrl, session)),
      pg: { Pool: WarmPool, Client: pg.Client } as unknown as typeof pg,
      max: connections,
      application_name: name,
      connectionTimeoutMillis: waitMs,
      silenceMs,
      noteStatement: storeOperations(app.metrics, 'postgresql'),
      query_timeout: statementMs + QUERY_RESERVE_MS,
      logger: app.log,
    } as PostgresPluginOptions);
    const pool = app.pg.pool as WarmPool;
    poolMetrics(app.metrics, name, pool);
    app.decorate('db', drizzle({ client: app.pg.pool }));
    app.decorate('unconfirmedWrites', pool.unconfirmed);
    app.addHook('onReady', () => pool.start());
    app.decorate('requirePostgres', async () => {
      await pool.ask('SELECT 1', OUTAGE_LIMIT_MS);
    });
    app.readinessCheck(name, 'PostgreSQL', () => pool.ask(CAN_WRITE, READINESS_LIMIT_MS));
    if (isPooled) {
      const ask = (statement: pg.QueryConfig) => pool.ask(statement, READINESS_LIMIT_MS);
      const isOpen = new Promise((resolve) => pool.once('connect', resolve));
      watchPooler(app, { name, databaseUrl, session: sessionSettings(session), ask, isOpen });
    }
  },
  { name: 'postgres' },
);

/**
 * Runs `work` in one transaction, with its connection and drizzle over it. If a store fails or `signal` aborts, the
 * connection is destroyed without a ROLLBACK: a silent server would not answer that either, and it rolls back by itself.
 * `signal` does not end a COMMIT, because PostgreSQL would go on with it.
 *
 * @param options.commitMs the longest wait for the answer to COMMIT; default: the limit of every statement of the pool
 * @throws {UnconfirmedCommit} when PostgreSQL does not answer COMMIT
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient, db: NodePgDatabase) => Promise<T>,
  { signal, commitMs }: { signal?: AbortSignal; commitMs?: number } = {},
): Promise<T> {
  const client = await pool.connect();
  // if the connection ends between two statements, the next one fails; without a listener, its event would end the process
  client.on('error', ignore);
  let isReleased = false;
  const release = (reason: Error | boolean) => {
    if (isReleased) return;
    isReleased = true;
    client.off('error', ignore);
    client.release(reason);
  };
  const abort = () => release(true);
  signal?.addEventListener('abort', abort);
  let result: T;
  try {
    await client.query('BEGIN');
    result = await work(client, drizzle({ client }));
    signal?.throwIfAborted();
    signal?.removeEventListener('abort', abort);
    await commit(client, commitMs);
  } catch (error) {
    if (error instanceof UnconfirmedCommit) release(error);
    else release(isStoreUnavailable(error) || !(await rollsBack(client)));
    throw error;
  }
  release(false);
  return result;
}

async function commit(client: pg.PoolClient, limitMs: number | undefined): Promise<void> {
  try {
    // the types of pg lack the member `query_timeout`
    await client.query({ text: 'COMMIT', query_timeout: limitMs } as pg.QueryConfig);
  } catch (error) {
    // a refusal rolls the transaction back; after an internal error (XX) that is not certain
    if (isRefusedStatement(error) && !error.code?.startsWith('XX')) throw error;
    throw new UnconfirmedCommit(error);
  }
}

function rollsBack(client: pg.PoolClient): Promise<boolean> {
  return client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
}

const ignore = () => {};

/**
 * Applies the pending SQL files of `migrationsFolder`. A session lock makes replicas of the one-shot job wait for each
 * other, because drizzle's migrator takes no lock.
 */
export async function migrate(options: { databaseUrl: string; migrationsFolder: string }): Promise<void> {
  const client = new pg.Client({
    ...connectionSettings(options.databaseUrl),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
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
