import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { OperatorError } from '../problems/operator-error.ts';
import { isStoreUnavailable } from '../problems/unavailable.ts';
import { connectionSettings } from './connection-settings.ts';

const LIMIT_MS = 120_000;
const PAUSE_MS = 500;

/**
 * Resolves when the database takes a connection. For a one-shot job that starts together with PostgreSQL: on a busy machine
 * the server may be the later one.
 *
 * @throws {OperatorError} when it takes none within `limitMs`; what waiting does not mend, a wrong password for example, is
 * thrown at once
 */
export async function awaitPostgres(databaseUrl: string, limitMs = LIMIT_MS): Promise<void> {
  const end = performance.now() + limitMs;
  for (;;) {
    const remainingMs = Math.max(1, Math.ceil(end - performance.now()));
    const client = new pg.Client({
      ...connectionSettings(databaseUrl),
      connectionTimeoutMillis: remainingMs,
    });
    client.on('error', () => {}); // one that breaks after it was made; unheard, it would end the process
    try {
      await client.connect();
      return await client.end();
    } catch (cause) {
      if (!isStoreUnavailable(cause) || isRefusalOfSettings(cause)) throw cause;
      if (performance.now() + PAUSE_MS >= end) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new OperatorError(`PostgreSQL did not answer within ${limitMs / 1_000} s: ${reason}`, {
          cause,
        });
      }
    }
    await setTimeout(PAUSE_MS);
  }
}

/** A wrong password, role or database: for a service a reason to wait, for a job to say so. */
function isRefusalOfSettings(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^(28|3D)/.test(error.code ?? '');
}
