import { once } from 'node:events';
import { pipeline, type Readable, Transform } from 'node:stream';
import { stringify } from 'csv-stringify';
import { fillPlaceholders } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import type { Pool } from 'pg';
import QueryStream from 'pg-query-stream';
import { row } from '../../customers/repository.ts';
import { conditionOf, orderOf, type Selection } from '../../customers/selection.ts';
import { customers } from '../../db/schema.ts';
import { COLUMNS } from '../columns.ts';
import { escapeFormula } from './formula-escape.ts';

/** Limits the time in which an export occupies a connection, and keeps PostgreSQL from vacuuming the rows of its snapshot. */
export const EXPORT_LIMIT_MS = 300_000;
const ROWS_AT_ONCE = 1_000;

/**
 * Exports the customers of a selection, in its order, from one snapshot, because it runs one statement. Fetches rows as the
 * client reads them, so a slow client costs no memory. Fails after `EXPORT_LIMIT_MS`.
 *
 * @param noteRows is called with the number of rows when the export ends
 */
export async function exportCustomers(
  pool: Pool,
  selection: Selection,
  encoder: () => Transform,
  noteRows: (count: number) => void,
): Promise<Readable> {
  const client = await pool.connect();
  const rows = client.query(rowsOf(pool, selection));
  const output = encoder();

  let count = 0;
  let isReleased = false;
  const release = (error?: Error | null) => {
    if (isReleased) return;
    isReleased = true;
    clearTimeout(limit);
    noteRows(count);
    client.release(error ?? false);
  };
  // destroys `output`, not `rows`, which ends only when PostgreSQL answers that it has closed the cursor
  const fail = (error: Error) => {
    output.destroy(error);
    release(error);
  };
  const limit = setTimeout(() => fail(new Error('the export took too long')), EXPORT_LIMIT_MS);
  client.once('error', fail);
  rows.once('close', () => release(rows.errored));

  pipeline(rows, output, () => {});
  rows.on('data', () => {
    count += 1;
  });
  await once(output, 'readable'); // an error before the first row can still become an error answer
  return output;
}

/** Encodes CSV (RFC 4180) that is safe in a spreadsheet. Excel reads UTF-8 only after a byte order mark. */
export function csvEncoder(hasBom: boolean): Transform {
  return stringify({
    bom: hasBom,
    header: true,
    columns: [...COLUMNS],
    record_delimiter: 'windows',
    cast: { string: escapeFormula },
  });
}

/** Encodes each customer as a line of JSON. */
export function ndjsonEncoder(): Transform {
  return new Transform({
    writableObjectMode: true,
    transform(customer: object, _encoding, done) {
      done(null, `${JSON.stringify(customer)}\n`);
    },
  });
}

const TEXT = { getTypeParser: () => (text: string) => text };

function rowsOf(pool: Pool, selection: Selection): QueryStream {
  const { version: _version, ...columns } = row;
  const { sql, params } = drizzle({ client: pool })
    .select(columns)
    .from(customers)
    .where(conditionOf(selection, false))
    .orderBy(...orderOf(selection))
    .toSQL();
  const { name: prefix, dobFrom, dobTo } = selection;
  const values = fillPlaceholders(params, { prefix, dobFrom, dobTo });
  return new QueryStream(sql, values, { batchSize: ROWS_AT_ONCE, types: TEXT });
}
