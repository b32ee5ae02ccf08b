import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as immediate } from 'node:timers/promises';
import { inTransaction, UnconfirmedCommit } from '@pair/service-kit';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import type { Pool, PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { uuidv7 } from 'uuidv7';
import { MEMBER_NAMES, type RequestedFields, storedFields } from '../../customers/members.ts';
import { versionOfChosenId } from '../../customers/repository.ts';
import { customers } from '../../db/schema.ts';
import {
  type ImportReport,
  importConflict,
  importRefused,
  importUnconfirmed,
  type LineProblem,
} from './import-report.ts';
import { type Read, readLines } from './read-lines.ts';
import { UnreadableFile } from './unreadable-file.ts';

/** A synchronous standby that lags behind needs some time for the rows of a long file. */
const COMMIT_LIMIT_MS = 30_000;

/** A valid record. */
export interface ImportedCustomer extends RequestedFields {
  id?: string;
  updated_at?: string;
}

export interface Import {
  /** The file. The import destroys it when it ends or fails. */
  body: Readable;
  read(blocks: AsyncIterable<Read<string>[]>): AsyncIterable<Read<unknown>[]>;
  /** Returns the customer, or the reasons why the record is not valid. */
  check(value: unknown): ImportedCustomer | Omit<LineProblem, 'line'>[];
  /** True if the import leaves out wrong records; otherwise a single wrong record makes it create nothing. */
  skipsErrors: boolean;
  /** True if the import only checks the file. */
  isDryRun: boolean;
  /** Aborts when the client is gone, or the time is up. */
  signal: AbortSignal;
}

/**
 * Imports a file in one transaction, and counts in `report` meanwhile. Copies the records into a temporary table first, and
 * moves them when it has read all. Until then `customers` does not have them, so a refused file leaves nothing there.
 *
 * @throws {Problem} 422 `import_refused` if a record is wrong and errors are not skipped; 409 if another request has created
 *   a customer with an id of the file meanwhile; 503 if PostgreSQL does not confirm the commit
 */
export async function importCustomers(pool: Pool, report: ImportReport, file: Import): Promise<void> {
  try {
    await inTransaction(pool, (client) => importWithin(client, report, file), {
      signal: file.signal,
      commitMs: COMMIT_LIMIT_MS,
    });
  } catch (error) {
    if (error instanceof UnconfirmedCommit) throw importUnconfirmed(error);
    if (file.signal.aborted) throw file.signal.reason; // not the error that the abort caused
    if (!(error instanceof UnreadableFile)) throw error;
    report.linesRead = error.line;
    report.skip([{ line: error.line, member: error.column, reason: error.message }]);
    throw importRefused(report);
  }
}

async function importWithin(client: PoolClient, report: ImportReport, file: Import): Promise<void> {
  const members = MEMBER_NAMES.map((name) => `${name} ${customers[name].getSQLType()}`);
  await client.query(
    `CREATE TEMPORARY TABLE imported
     (line integer, id uuid, ${members.join(', ')}, updated_at timestamptz(3), chosen boolean) ON COMMIT DROP`,
  );
  const { hasChosenIds } = await stage(client, report, file);
  if (hasChosenIds) await skipTakenIds(client, report);
  if (report.skipped > 0 && !file.skipsErrors) throw importRefused(report);
  if (!file.isDryRun) {
    await insert(client, report, file);
    await refreshStatistics(client, report.created);
  }
}

/** Copies the valid records into the table `imported`. Stops copying, but not checking, once the file is refused. */
async function stage(
  client: PoolClient,
  report: ImportReport,
  file: Import,
): Promise<{ hasChosenIds: boolean }> {
  let hasChosenIds = false;
  async function* rows(body: AsyncIterable<Buffer>) {
    for await (const block of file.read(readLines(body))) {
      let text = '';
      for (const record of block) {
        report.linesRead = record.line;
        const checked =
          'reason' in record ? [{ member: null, reason: record.reason }] : file.check(record.value);
        if (Array.isArray(checked)) {
          report.skip(checked.map((problem) => ({ line: record.line, ...problem })));
        } else if (file.skipsErrors || report.skipped === 0) {
          report.created++;
          hasChosenIds ||= checked.id !== undefined;
          text += copyRow(record.line, checked);
        }
      }
      if (text !== '') yield text;
      await immediate(); // lets other requests run between two blocks
    }
  }
  const copy = client.query(copyFrom('COPY imported FROM STDIN'));
  await pipeline(file.body, rows, copy, { signal: file.signal });
  return { hasChosenIds };
}

/** Returns a row in COPY's text format. */
function copyRow(line: number, customer: ImportedCustomer): string {
  const { id, updated_at } = customer;
  const stored = storedFields(customer);
  const members = MEMBER_NAMES.map((name) => copyText(stored[name]));
  const row = [line, id ?? uuidv7(), ...members, updated_at ?? '\\N', id === undefined ? 'f' : 't'];
  return `${row.join('\t')}\n`;
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function copyText(text: string | null): string {
  return text === null ? '\\N' : text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character);
}

/** Skips records with the id of an existing customer, or of an earlier record. */
async function skipTakenIds(client: PoolClient, report: ImportReport): Promise<void> {
  await client.query('ANALYZE imported');
  const { rows } = await client.query<{ line: number; repeated: boolean; total: number }>(`
    WITH taken AS (
      SELECT line, nth > 1 AS repeated
      FROM (SELECT line, id, row_number() OVER (PARTITION BY id ORDER BY line) AS nth FROM imported WHERE chosen) AS chosen
      WHERE nth > 1 OR EXISTS (SELECT FROM customers WHERE customers.id = chosen.id)
    ), removed AS (
      DELETE FROM imported USING taken WHERE imported.line = taken.line
    )
    SELECT line, repeated, (count(*) OVER ())::integer AS total FROM taken ORDER BY line LIMIT 1000`);
  report.skipTaken(
    rows.map(({ line, repeated }) => ({
      line,
      member: 'id',
      reason: `is the id of ${repeated ? 'an earlier line too' : 'another customer'}: remove the line, or the id`,
    })),
    rows[0]?.total ?? 0,
  );
}

/** Autovacuum releases its lock for a waiting statement after deadlock_timeout, a second: this is longer. */
const STATISTICS_LOCK_TIMEOUT_MS = 2_000;

/**
 * Analyzes the table after as many new rows as would trigger autovacuum, which may take a minute to come. Until then
 * PostgreSQL plans lists, and caches the plans, as if the table were empty. Runs in the transaction, so that rows and
 * statistics become visible together. If the lock is not available, the rows stay, and autovacuum analyzes them later.
 */
async function refreshStatistics(client: PoolClient, created: number): Promise<void> {
  const { rows } = await client.query(
    `SELECT FROM pg_class WHERE oid = 'customers'::regclass AND $1 > 50 + 0.1 * greatest(reltuples, 0)`,
    [created],
  );
  if (rows.length === 0) return;
  await client.query(`SAVEPOINT statistics; SET LOCAL lock_timeout = ${STATISTICS_LOCK_TIMEOUT_MS}`);
  try {
    await client.query('ANALYZE customers');
  } catch {
    await client.query('ROLLBACK TO SAVEPOINT statistics');
  }
}

async function insert(client: PoolClient, report: ImportReport, { skipsErrors }: Import): Promise<void> {
  const members = sql.raw(MEMBER_NAMES.join(', '));
  const { rowCount } = await drizzle({ client }).execute(sql`
    INSERT INTO ${customers} (id, ${members}, updated_at, version)
    SELECT id, ${members}, coalesce(updated_at, now()), CASE WHEN chosen THEN ${versionOfChosenId} ELSE 1 END
    FROM imported
    ORDER BY id
    ON CONFLICT (id) DO NOTHING`);
  const missed = report.created - (rowCount ?? 0);
  if (missed > 0 && !skipsErrors) throw importConflict();
  report.skipTaken([], missed);
}
