import type { ClientConfig } from 'pg';
import { parse } from 'pg-connection-string';

/**
 * What the statements of both services rely on. A role, a database or a server may have other defaults (`ALTER ROLE … SET`):
 * another DateStyle would turn a date of birth around, another search_path find another table.
 */
const SESSION = {
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  search_path: 'public',
  client_encoding: 'UTF8',
  standard_conforming_strings: 'on',
  bytea_output: 'hex',
  extra_float_digits: '1',
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read committed',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
} as const;

/**
 * A database URL as settings for `pg`, complete: nothing is taken from PGHOST, PGOPTIONS, PGSSLMODE and the like, which
 * belong to the shell of the person who starts the process.
 *
 * @param session more settings of the session, by their names in PostgreSQL
 */
export function connectionSettings(
  databaseUrl: string,
  session: Readonly<Record<string, string | number>> = {},
): ClientConfig {
  const { host, port, user, password, database, ssl, sslnegotiation, options } = parse(databaseUrl);
  const settings = Object.entries({ ...SESSION, ...session });
  const ours = settings.map(([name, value]) => `-c ${name}=${escapeOption(String(value))}`).join(' ');
  return {
    host: host || 'localhost',
    port: Number(port || 5_432),
    user: user || 'postgres',
    // '' would be replaced by PGPASSWORD, or by a file in the home of the user
    password: () => password ?? '',
    database: database || user || 'postgres',
    ssl: (ssl as ClientConfig['ssl']) ?? false,
    // what the URL says comes first: a setting of ours that it repeats is the last one, and counts
    options: options ? `${options} ${ours}` : ours,
    sslnegotiation: sslnegotiation ?? 'postgres',
    client_encoding: 'UTF8',
  } as ClientConfig;
}

/** In `options`, a space separates arguments unless a backslash stands before it. */
function escapeOption(value: string): string {
  return value.replaceAll(/[\\ ]/g, '\\$&');
}
