import { setTimeout as delay } from 'node:timers/promises';
import {
  connectionSettings,
  inTransaction,
  isStoreUnavailable,
  OperatorError,
  type RedisSettings,
  type Replication,
  redisAddress,
  replication,
} from '@pair/service-kit';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { Redis } from 'ioredis';
import pg from 'pg';
import { type RedisClock, redisClock } from '../redis/clock.ts';
import { FENCE_KEY } from '../redis/replicas.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** Longer than any query takes on a busy machine: an operator prefers a wait to a command that gives up too early. */
const QUERY_TIMEOUT_MS = 30_000;
/** A command that waits for a lock makes the requests of auth wait behind it. */
const LOCK_TIMEOUT = '5s';
/** A command that is stopped before its COMMIT must not hold its locks, nor commit later. */
const IDLE_IN_TRANSACTION_TIMEOUT = '60s';
const REDIS_COMMAND_TIMEOUT_MS = 3_000;
/** Longer than it takes to conclude that a replica is missing. */
const REPLICAS_LIMIT_MS = 8_000;
const REPLICAS_PAUSE_MS = 500;

/**
 * Runs the work of a command in one transaction of PostgreSQL, on a connection that is opened and closed here.
 *
 * @throws {OperatorError} when PostgreSQL cannot be reached, and when a store fails during the work
 */
export async function withPostgres<T>(
  databaseUrl: string,
  work: (db: NodePgDatabase) => Promise<T>,
): Promise<T> {
  const pool = new pg.Pool({
    ...connectionSettings(databaseUrl, {
      lock_timeout: LOCK_TIMEOUT,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT,
    }),
    max: 1,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
  });
  try {
    const connection = await pool
      .connect()
      .catch((error) => unreachable('PostgreSQL', 'DATABASE_URL', error));
    connection.release();
    return await inTransaction(pool, (client) => work(drizzle({ client }))).catch(interrupted);
  } finally {
    await pool.end();
  }
}

/**
 * Runs the work of a command with a connection to Redis, whose clock has been measured. Open Redis before PostgreSQL: a
 * command that needs both then changes nothing while Redis is away, or lacks its replicas.
 *
 * @throws {OperatorError} when Redis cannot be reached
 */
export async function withRedis<T>(
  settings: RedisSettings,
  work: (redis: Redis, clock: RedisClock, replication: Replication) => Promise<T>,
): Promise<T> {
  const { url, options } = redisAddress(settings);
  const redis = new Redis(url, {
    ...options,
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: REDIS_COMMAND_TIMEOUT_MS,
    retryStrategy: () => null,
  });
  let failure: Error | undefined;
  redis.on('error', (error) => {
    failure = error; // `connect` itself only reports that the connection is closed
  });
  const clock = redisClock(redis);
  // a service ends the sessions if writes are lost: this process is too young to know
  const barrier = replication(redis, {
    replicas: settings.REDIS_REPLICAS ?? 0,
    fence: { key: FENCE_KEY, onLoss: async () => {} },
  });
  try {
    await redis
      .connect()
      .then(clock.measure)
      .catch((error) => unreachable('Redis', 'REDIS_URL', failure ?? error));
    await awaitReplicas(redis, barrier);
    return await work(redis, clock, barrier);
  } finally {
    barrier.stop();
    clock.stop();
    redis.disconnect();
  }
}

/** Waits for the replicas, or until one of them suffices: see stores/shortage.ts of service-kit. */
async function awaitReplicas(redis: Redis, barrier: Replication): Promise<void> {
  const end = performance.now() + REPLICAS_LIMIT_MS;
  for (;;) {
    try {
      return await barrier.confirmed(redis.stream);
    } catch (cause) {
      if (performance.now() > end) interrupted(cause);
    }
    await delay(REPLICAS_PAUSE_MS);
  }
}

function unreachable(store: string, setting: string, cause: unknown): never {
  throw new OperatorError(
    `${store} cannot be reached: ${reasonOf(cause)}. Start it, or correct ${setting}, and run the command again.`,
    { cause },
  );
}

/** COMMIT may have succeeded although its answer was lost, so the message does not claim that nothing was changed. */
function interrupted(cause: unknown): never {
  if (!isStoreUnavailable(cause)) throw cause;
  throw new OperatorError(`The command did not finish: ${reasonOf(cause)}. Run it again.`, { cause });
}

/**
 * Returns the message of the store itself. The message of drizzle has the statement and its parameters, which may be
 * secret.
 */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  if (error instanceof Error && error.cause !== undefined) return reasonOf(error.cause);
  return error instanceof Error ? error.message : String(error);
}
