import {
  connectionSettings,
  isUnanswered,
  overloadLog,
  poolMetrics,
  UnconfirmedCommit,
} from '@pair/service-kit';
import type { FastifyInstance } from 'fastify';
import pg from 'pg';

const MAX_CONNECTIONS = 4;
/** A transfer may wait so long for a free slot, and for the new connection, which is slow on a busy machine. */
const WAIT_LIMIT_MS = 2_000;
const SESSION_LIMITS = {
  lock_timeout: '400ms',
  // the limit of a transfer: it also ends the statement of a process that died without closing its connection
  statement_timeout: '300s',
  // ends a statement soon after this process has closed its connection
  client_connection_check_interval: '1s',
};

/**
 * Creates a pool for transfers, which take as long as their clients need: they must neither occupy the connections of other
 * requests nor have their time-outs. Each connection serves one transfer. `connect` rejects within 400 ms while PostgreSQL is
 * away. A connection whose commit gets no answer keeps its slot until PostgreSQL answers: its backend waits too, and more of
 * them could use up all connections of the server.
 */
export function transferPool(app: FastifyInstance, databaseUrl: string, name: string): pg.Pool {
  const pool = new pg.Pool({
    ...connectionSettings(databaseUrl, SESSION_LIMITS),
    application_name: name,
    max: MAX_CONNECTIONS,
    maxUses: 1,
    connectionTimeoutMillis: WAIT_LIMIT_MS,
  });
  poolMetrics(app.metrics, name, pool);
  // without a listener, a connection that breaks would end the process: after its transfer, or while its commit has no answer
  pool.on('error', (err) => app.log.warn({ err }, 'lost a connection to PostgreSQL'));
  pool.on('connect', (client) => client.on('error', () => {}));
  app.addHook('onClose', () => {
    app.unconfirmedWrites.giveAllBack(); // the pool would wait for them
    return pool.end();
  });
  const overload = overloadLog(app.log, `${name}: all ${MAX_CONNECTIONS} connections are in use`);
  const takeOne = pool.connect.bind(pool);
  const connect = async () => {
    await app.requirePostgres();
    try {
      const client = await takeOne();
      overload.over();
      return keptWithoutAnswer(client);
    } catch (error) {
      throw isWaitTooLong(error) ? overload.refuse() : error;
    }
  };
  const keptWithoutAnswer = (client: pg.PoolClient) => {
    const { release } = client;
    client.release = (reason) => {
      if (reason instanceof UnconfirmedCommit && isUnanswered(client) && !pool.ending) {
        app.unconfirmedWrites.add(client, () => release(reason));
      } else release(reason);
    };
    return client;
  };
  return Object.assign(pool, { connect });
}

/** pg-pool throws this message, and no code, when the wait for a connection is too long. */
function isWaitTooLong(error: unknown): boolean {
  return error instanceof Error && error.message === 'timeout exceeded when trying to connect';
}
