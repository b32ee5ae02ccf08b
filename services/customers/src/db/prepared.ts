import { fillPlaceholders, type Query } from 'drizzle-orm';
import type { Pool } from 'pg';

/** Every column as PostgreSQL writes it: a Date would shift a day by one in half of the time zones. */
const AS_TEXT = { getTypeParser: () => (text: string) => text };

/**
 * Prepares a statement that drizzle has built, and runs it without drizzle, whose `execute` takes four times the CPU (1.8 µs
 * instead of 0.4 µs for a row).
 *
 * @returns a function that runs it with the values of its placeholders, and returns the rows as arrays of texts
 */
export function prepared(pool: Pool, name: string, statement: { toSQL(): Query }) {
  const { sql: text, params } = statement.toSQL();
  const config = { name, text, rowMode: 'array', types: AS_TEXT };
  return async (values: Record<string, unknown>) =>
    (await pool.query<string[]>(config, fillPlaceholders(params, values))).rows;
}
