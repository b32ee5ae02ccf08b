import { chmodSync, chownSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pgBouncer } from '@pair/bootstrap';
import { freePort, launch, serverAccount } from '@pair/local-stores';
import pg from 'pg';
import { execute } from './create-database.ts';
import { documentedBlock, isPooled, roleSettings } from './documented-pgbouncer.ts';
import { listens } from './listens.ts';
import type { Teardown } from './teardown.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { shared } from './test-run.ts';
import { type TestServer, testServer } from './test-server.ts';

export interface TestPgBouncer extends TestServer {
  /** The URL of a database, through PgBouncer. */
  pooled(databaseUrl: string): string;
  /** The number of its connections to PostgreSQL. */
  connections(): Promise<number>;
}

interface Options {
  /** A version that is new enough, which is the default, or one that is too old. */
  kind?: 'new' | 'old';
  /** Lines in place of those of the same name in docs/operations.md, or further ones; undefined leaves a line out. */
  settings?: Record<string, string | undefined>;
}

/**
 * Starts a PgBouncer in transaction mode before these databases, with the settings of docs/operations.md. Their roles may ask
 * for its version.
 *
 * @throws if there is no such version: see {@link missingPgBouncer}
 */
export async function testPgBouncer(
  t: Teardown,
  databaseUrls: string[],
  { kind = 'new', settings = {} }: Options = {},
): Promise<TestPgBouncer> {
  const [program = '', ...args] = await commandOf(kind);
  const folder = temporaryFolder('pgbouncer');
  const port = await freePort();
  const databases = databaseUrls.map((url) => new URL(url));
  const account = await serverAccount([program, folder]);
  const lines = {
    listen_addr: '127.0.0.1',
    listen_port: String(port),
    auth_file: join(folder, 'userlist.txt'),
    stats_users: databases.map(({ username }) => username).join(', '),
    unix_socket_dir: '',
    ...settings,
  };
  write('pgbouncer.ini', configuration(databases, lines));
  write('userlist.txt', databases.map(({ username, password }) => `"${username}" "${password}"\n`).join(''));

  function write(name: string, text: string): void {
    const path = join(folder, name);
    writeFileSync(path, text);
    chmodSync(path, 0o600);
    if (account.uid !== undefined && account.gid !== undefined) chownSync(path, account.uid, account.gid);
  }

  const server = await testServer('', port, () =>
    launch({
      command: program,
      args: [...args, join(folder, 'pgbouncer.ini')],
      port,
      logFile: join(folder, 'pgbouncer.log'),
      temporaryFolder: folder,
      ready: () => listens(port),
      options: account,
    }),
  );
  t.teardown(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  const pooled = (databaseUrl: string) => Object.assign(new URL(databaseUrl), { port }).href;
  const connections = async () => {
    const client = new pg.Client(
      Object.assign(new URL(pooled(databaseUrls[0] ?? '')), { pathname: '/pgbouncer' }).href,
    );
    await client.connect();
    const { rows } = await client.query('SHOW SERVERS');
    await client.end();
    return rows.length;
  };
  return Object.assign(server, { pooled, connections });
}

async function commandOf(kind: 'new' | 'old'): Promise<string[]> {
  const answer = await shared(`${kind} pgbouncer`);
  return answer === undefined ? pgBouncer(kind) : JSON.parse(answer);
}

/** The reason to skip the tests of PgBouncer, for example on a machine without a mirror of Debian; false if there is none. */
export async function missingPgBouncer(kind: 'new' | 'old' = 'new'): Promise<string | false> {
  return commandOf(kind).then(
    () => false,
    (error: Error) => `there is no PgBouncer: ${error.message.trim().split('\n').at(-1)}`,
  );
}

/**
 * Gives the role of this URL the settings that docs/operations.md demands behind PgBouncer, and these in place of the
 * documented ones. They hold for new connections.
 */
export function giveSettings(databaseUrl: string, settings: Record<string, number> = {}): Promise<void> {
  const { username, pathname } = new URL(databaseUrl);
  const statements = roleSettings(username, pathname.slice(1), settings);
  return execute(databaseUrl, ['SET synchronous_commit = local', ...statements]); // a test may have no standby
}

/**
 * The settings of a service for this database. If the tests run behind PgBouncer, one of its own stands before the database,
 * and the role gets these limits.
 */
export async function databaseSettings(
  t: Teardown,
  databaseUrl: string,
  { statementMs, lockMs }: { statementMs?: number; lockMs?: number } = {},
): Promise<{ DATABASE_URL: string; DATABASE_POOLER?: string; DATABASE_DIRECT_URL?: string }> {
  if (!isPooled()) return { DATABASE_URL: databaseUrl };
  await giveSettings(databaseUrl, {
    ...(statementMs !== undefined && { statement_timeout: statementMs }),
    ...(lockMs !== undefined && { lock_timeout: lockMs }),
  }).catch((error: NodeJS.ErrnoException) => {
    // the test has stopped PostgreSQL; `createDatabase` has given the settings of production
    if (error.code !== 'ECONNREFUSED') throw error;
  });
  const { pooled } = await testPgBouncer(t, [databaseUrl]);
  return {
    DATABASE_URL: pooled(databaseUrl),
    DATABASE_POOLER: 'transaction',
    DATABASE_DIRECT_URL: databaseUrl,
  };
}

/** The documented configuration with other databases, and with these lines in place of those of the same names. */
function configuration(databases: URL[], lines: Record<string, string | undefined>): string {
  const [section = '', settings = ''] = documentedBlock('ini').split('[pgbouncer]\n');
  const [, options] = /^auth = host=postgres port=5432(.*)$/m.exec(section) ?? [];
  const ours = databases.map(
    ({ pathname, port }) => `${pathname.slice(1)} = host=127.0.0.1 port=${port}${options}`,
  );
  const kept = settings.split('\n').filter((line) => !((/^\w+/.exec(line)?.[0] ?? '') in lines));
  const changed = Object.entries(lines).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} = ${value}`],
  );
  return ['[databases]', ...ours, '[pgbouncer]', ...kept, ...changed, ''].join('\n');
}
