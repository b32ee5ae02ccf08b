import type { FastifyInstance } from 'fastify';
import pg from 'pg';
import { OperatorError } from '../problems/operator-error.ts';
import { pooledSettings } from './connection-settings.ts';

/** Before it, PgBouncer let a role log in as another one, and crashed before authentication. */
const FLOOR = [1, 26, 1];
const VERSION_LIMIT_MS = 5_000;
/** A named statement is not there, or there already: two sessions share a connection to PostgreSQL. */
const NAME_ERRORS = ['26000', '42P05'];
const NAME = 'check_of_pooler';

/** In transaction mode, PgBouncer 1.21 and newer give a named statement another name in PostgreSQL, so that sessions share it. */
const CHECK = `SELECT current_user AS role, current_database() AS database,
  ARRAY(SELECT ARRAY[name, setting] FROM pg_settings WHERE name = ANY ($1)) AS settings,
  EXISTS (SELECT FROM pg_prepared_statements WHERE name = '${NAME}') AS keeps_name`;

interface Row {
  role: string;
  database: string;
  settings: [name: string, value: string][];
  keeps_name: boolean;
}

interface Pooler {
  name: string;
  databaseUrl: string;
  /** The settings that each connection to PostgreSQL must have. */
  session: Readonly<Record<string, string>>;
  ask(statement: pg.QueryConfig): Promise<pg.QueryResult>;
  /** Resolves when PgBouncer has accepted a connection. */
  isOpen: Promise<unknown>;
}

/**
 * Checks a PgBouncer in transaction mode, at the start and for readiness. It passes on no settings of a session, so each
 * connection to PostgreSQL must begin with those that the statements rely on. A version that is too old is a warning.
 */
export function watchPooler(app: FastifyInstance, pooler: Pooler): void {
  const check = () => checkSession(pooler);
  app.readinessCheck(pooler.name, 'PgBouncer', check);
  pooler.isOpen.then(async () => {
    await check().catch((err: unknown) => {
      if (err instanceof OperatorError) app.log.error({ err }, 'PgBouncer cannot be used');
    });
    reportVersion(app, await versionOf(pooler.databaseUrl));
  });
}

/** @throws {OperatorError} that says how to correct PgBouncer or the role */
async function checkSession({ ask, session }: Pooler): Promise<void> {
  const { rows } = await ask({ name: NAME, text: CHECK, values: [Object.keys(session)] }).catch(refused);
  const { role, database, settings, keeps_name } = rows[0] as Row;
  if (keeps_name) throw noNames();
  const inForce = new Map(settings);
  const statements = Object.entries(session)
    .filter(([name, value]) => inForce.get(name) !== value)
    .map(([name, value]) => `${alter(role, database)} SET ${name} = ${pg.escapeLiteral(value)};`);
  if (statements.length === 0) return;
  throw new OperatorError(
    `The role has other settings than the service needs. Run this, and then restart PgBouncer: ${statements.join(' ')}`,
  );
}

function alter(role: string, database: string): string {
  return `ALTER ROLE ${pg.escapeIdentifier(role)} IN DATABASE ${pg.escapeIdentifier(database)}`;
}

function refused(error: Error & { cause?: { code?: string } }): never {
  // without a cause, because readiness reports the message of the deepest one
  throw NAME_ERRORS.includes(error.cause?.code ?? '') ? noNames() : error;
}

function noNames(): OperatorError {
  return new OperatorError(
    'Named statements do not pass DATABASE_URL: install PgBouncer 1.26.1 or newer, set pool_mode = transaction and max_prepared_statements, or remove DATABASE_POOLER if the URL leads to PostgreSQL itself.',
  );
}

/** Undefined if the role may not ask: the console is for `stats_users` and `admin_users`. */
async function versionOf(databaseUrl: string): Promise<string | undefined> {
  const client = new pg.Client({
    ...pooledSettings(databaseUrl),
    database: 'pgbouncer',
    connectionTimeoutMillis: VERSION_LIMIT_MS,
    query_timeout: VERSION_LIMIT_MS,
  });
  client.on('error', () => {}); // without a listener, a connection that breaks would end the process
  try {
    await client.connect();
    const { rows } = await client.query('SHOW VERSION');
    return /\d+(\.\d+)+/.exec(rows[0]?.version)?.[0];
  } catch {
    return undefined;
  } finally {
    client.end().catch(() => {});
  }
}

function reportVersion({ log }: FastifyInstance, version: string | undefined): void {
  if (version === undefined) {
    log.info('the version of PgBouncer is unknown: it must be 1.26.1 or newer; stats_users may read it');
  } else if (isOlder(version.split('.').map(Number), FLOOR)) {
    log.warn(
      { version },
      'PgBouncer is too old: install 1.26.1 or newer, because older ones let a role log in as another one, and crash before authentication',
    );
  }
}

function isOlder(version: number[], floor: number[]): boolean {
  const at = floor.findIndex((part, i) => (version[i] ?? 0) !== part);
  return at !== -1 && (version[at] ?? 0) < (floor[at] ?? 0);
}
