import { connectionSettings, overloadLog } from '@pair/service-kit';
import type { FastifyInstance } from 'fastify';
import pg from 'pg';

const AT_ONCE = 4;
/** For one of the four to end, or for a new connection, which is slow on a busy machine. */
const WAIT_LIMIT_MS = 2_000;
const SESSION_LIMITS = {
  lock_timeout: '400ms',
  // no transfer may take longer, so neither does a statement of a process that is gone without a word
  statement_timeout: '300s',
  // a statement does not go on for a connection that this process has closed
  client_connection_check_interval: '1s',
};

/**
 * Connections beside those of the other requests, for work that takes as long as its client does: so it neither holds theirs
 * nor has their time-outs. Each is made for one piece of work. `connect` rejects within 400 ms while PostgreSQL is away.
 */
export function transferPool(app: FastifyInstance, databaseUrl: string, name: string): pg.Pool {
  const pool = new pg.Pool({
    ...connectionSettings(databaseUrl, SESSION_LIMITS),
    application_name: name,
    max: AT_ONCE,
    maxUses: 1,
    connectionTimeoutMillis: WAIT_LIMIT_MS,
  });
  // a connection that breaks when its work is done; unheard, it would end the process
  pool.on('error', (err) => app.log.warn({ err }, 'lost a connection to PostgreSQL'));
  app.addHook('onClose', () => pool.end());
  const overload = overloadLog(app.log, `${name}: all ${AT_ONCE} connections are in use`);
  const takeOne = pool.connect.bind(pool);
  const connect = async () => {
    await app.requirePostgres();
    try {
      const client = await takeOne();
      overload.over();
      return client;
    } catch (error) {
      throw isWaitTooLong(error) ? overload.refuse() : error;
    }
  };
  return Object.assign(pool, { connect });
}

/** pg-pool's words for a queue in which the time was up. */
function isWaitTooLong(error: unknown): boolean {
  return error instanceof Error && error.message === 'timeout exceeded when trying to connect';
}
