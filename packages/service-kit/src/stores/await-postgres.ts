import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { OperatorError } from '../problems/operator-error.ts';
import { isStoreUnavailable } from '../problems/unavailable.ts';
import { connectionSettings } from './connection-settings.ts';

const LIMIT_MS = 120_000;
const PAUSE_MS = 500;
/** A setting that no server has by itself. */
const DIRECT = 'pair.direct';

/**
 * Resolves when the database accepts a connection. A one-shot job that starts together with PostgreSQL needs this: on a
 * busy machine the server may start later than the job.
 *
 * @throws {OperatorError} when the database accepts no connection within `limitMs`, or at once if PgBouncer refuses it
 * @throws {Error} of the driver, at once, when waiting cannot help: a wrong password, for example
 */
export async function awaitPostgres(databaseUrl: string, limitMs = LIMIT_MS): Promise<void> {
  const end = performance.now() + limitMs;
  for (;;) {
    const remainingMs = Math.max(1, Math.ceil(end - performance.now()));
    const client = new pg.Client({
      ...connectionSettings(databaseUrl, { [DIRECT]: 'yes' }),
      connectionTimeoutMillis: remainingMs,
      query_timeout: remainingMs,
    });
    client.on('error', () => {}); // without a listener, a connection that breaks later would end the process
    try {
      await client.connect();
      const { rows } = await client.query('SELECT current_setting($1, true) AS direct', [DIRECT]);
      if (rows[0].direct !== 'yes') throw leadsThroughPooler('it ignores the startup parameter: options');
      return await client.end();
    } catch (cause) {
      client.end().catch(() => {});
      if (cause instanceof OperatorError) throw cause;
      if (isRefusalOfPooler(cause)) throw leadsThroughPooler(cause.message, cause);
      if (!isStoreUnavailable(cause) || isRefusalOfSettings(cause)) throw cause;
      if (performance.now() + PAUSE_MS >= end) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new OperatorError(
          `PostgreSQL did not answer within ${limitMs / 1_000} s: ${reason}. Start it, or correct DATABASE_URL.`,
          { cause },
        );
      }
    }
    await setTimeout(PAUSE_MS);
  }
}

/** True for a wrong password, role or database. A service waits until an operator corrects it; a job reports it at once. */
function isRefusalOfSettings(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^(28|3D)/.test(error.code ?? '');
}

function isRefusalOfPooler(error: unknown): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && /^unsupported startup parameter/.test(error.message);
}

function leadsThroughPooler(reason: string, cause?: Error): OperatorError {
  return new OperatorError(
    `DATABASE_URL leads through PgBouncer (${reason}): give this job the URL of PostgreSQL itself.`,
    { cause },
  );
}
