import type { FastifyInstance } from 'fastify';
import pg from 'pg';

const AT_ONCE = 4;
/** For a connection, of a server that is away or when all are in use. */
const CONNECTION_TIMEOUT_MS = 300;
const LOCK_TIMEOUT_MS = 400;
/** None of them may take longer, so neither does a statement of a process that is gone without a word. */
const STATEMENT_TIMEOUT_MS = 300_000;
/** A statement does not go on for a connection that we closed. */
const OPTIONS = '-c client_connection_check_interval=1s';

/**
 * Connections for work that takes as long as its client does, so that it neither holds those of the other requests nor has
 * their time-outs. Each is made for one piece of work, which is how a server that does not answer is found out at once.
 */
export function transferPool(app: FastifyInstance, databaseUrl: string, name: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: name,
    max: AT_ONCE,
    maxUses: 1,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    options: OPTIONS,
  });
  // a connection that breaks when its work is done; unheard, it would end the process
  pool.on('error', (err) => app.log.warn({ err }, 'lost a connection to PostgreSQL'));
  app.addHook('onClose', () => pool.end());
  return pool;
}
