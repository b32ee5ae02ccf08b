import { connectionSettings, inTransaction, isStoreUnavailable, OperatorError } from '@pair/service-kit';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import type { SigningKeyRow } from '../db/schema.ts';
import { lockKeys, selectKeys } from '../keys/repository.ts';

const TIMEOUT_MS = 5_000;

/**
 * What a command does to the keys: one transaction, in which nobody else changes them. `rows` are all of them, in the
 * order in which they are active.
 *
 * @throws {OperatorError} when a store cannot be reached; each command may be repeated
 */
export async function withKeysLocked<T>(
  databaseUrl: string,
  work: (db: NodePgDatabase, rows: SigningKeyRow[]) => Promise<T>,
): Promise<T> {
  const pool = new pg.Pool({
    ...connectionSettings(databaseUrl),
    max: 1,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  try {
    return await inTransaction(pool, async (client) => {
      await lockKeys(client);
      const db = drizzle({ client });
      return work(db, await selectKeys(db));
    });
  } catch (error) {
    if (!isStoreUnavailable(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`The keys could not be changed, try again: ${reason}`, { cause: error });
  } finally {
    await pool.end();
  }
}
