import type { ClientConfig } from 'pg';
import { parse } from 'pg-connection-string';

/**
 * Settings of the session that the statements of both services rely on. A role, a database or a server may have other
 * defaults (`ALTER ROLE … SET`). Another DateStyle would swap the day and the month of a date of birth, and another
 * search_path would find another table.
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
 * False for a URL with several hosts or with `target_session_attrs`. libpq would take the primary, but `pg` reads the hosts as
 * one name and ignores `target_session_attrs`, so it might write to a standby for ever.
 */
export function namesOneServer(databaseUrl: string): boolean {
  const authority = /^[^:]*:\/\/([^/?#]*)/.exec(databaseUrl)?.[1] ?? '';
  const host = authority.slice(authority.lastIndexOf('@') + 1); // a password may have a comma
  return !host.includes(',') && !/[?&](target_session_attrs=|(host|port)=[^&]*(,|%2C))/i.test(databaseUrl);
}

/**
 * Turns a database URL into complete settings for `pg`. It ignores PGHOST, PGOPTIONS, PGSSLMODE and similar variables:
 * they belong to the shell of the operator who starts the process.
 *
 * @param session more settings of the session, by their names in PostgreSQL
 */
export function connectionSettings(databaseUrl: string, session: Session = {}): ClientConfig {
  const settings = pooledSettings(databaseUrl);
  const ours = Object.entries(sessionSettings(session)).map(
    ([name, value]) => `-c ${name}=${escapeOption(value)}`,
  );
  // our settings come after the options of the URL, because PostgreSQL uses the last value of a setting
  return { ...settings, options: [settings.options, ...ours].filter(Boolean).join(' ') };
}

/**
 * The same for a URL that leads through PgBouncer in transaction mode. It sends no settings of the session, because PgBouncer
 * refuses them, so the role must have them: see pooler.ts. `pg` still reads PGOPTIONS, which PgBouncer refuses too.
 */
export function pooledSettings(databaseUrl: string): ClientConfig {
  const { host, port, user, password, database, ssl, sslnegotiation, options } = parse(databaseUrl);
  return {
    host: host || 'localhost',
    port: Number(port || 5_432),
    user: user || 'postgres',
    // pg would replace '' by PGPASSWORD, or by the content of ~/.pgpass
    password: () => password ?? '',
    database: database || user || 'postgres',
    ssl: (ssl as ClientConfig['ssl']) ?? false,
    options,
    sslnegotiation: sslnegotiation ?? 'postgres',
    client_encoding: 'UTF8',
  } as ClientConfig;
}

type Session = Readonly<Record<string, string | number>>;

/** All settings of a session, as `pg_settings` shows them. */
export function sessionSettings(session: Session): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ ...SESSION, ...session }).map(([name, value]) => [name, String(value)]),
  );
}

/** In `options` a space separates arguments, unless a backslash precedes it. */
function escapeOption(value: string): string {
  return value.replaceAll(/[\\ ]/g, '\\$&');
}
