import { execFileSync } from 'node:child_process';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startPostgres } from '@pair/local-stores';
import pg from 'pg';
import { createDatabase } from './create-database.ts';
import type { Teardown } from './teardown.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { testProxy } from './test-proxy.ts';
import { type TestServer, testServer } from './test-server.ts';
import { waitFor } from './wait-for.ts';

const STANDBY = 'standby';

/**
 * The treatment of open connections by an endpoint that moves. HAProxy with `on-marked-down shutdown-sessions` closes them. A
 * Service of Kubernetes keeps them: only new connections lead to the new primary.
 */
export type Endpoint = 'closes connections' | 'keeps connections';

/** A PostgreSQL with one synchronous standby, behind an endpoint that follows the primary. */
export interface TestStandby {
  /** The two servers. A failover exchanges them. */
  readonly primary: TestServer;
  readonly standby: TestServer;
  /** Creates an empty database with a role of its own. Its URL leads to the endpoint. */
  database(): Promise<string>;
  /** Promotes the standby, and moves the endpoint to it. The old primary goes on, if it runs. */
  failOver(endpoint: Endpoint): Promise<void>;
  /** Makes the old primary a standby of the new one, which restarts. */
  rejoin(): Promise<void>;
  /** The connections of a server. */
  connectionsOf(server: TestServer): Promise<TestConnection[]>;
}

export interface TestConnection {
  /** The `application_name` of the client. */
  name: string;
  /** Its commit waits for the standby. */
  isWaiting: boolean;
}

/** Starts both servers, durable as in production. Resolves when the standby confirms commits. */
export async function testStandby(t: Teardown): Promise<TestStandby> {
  const folder = temporaryFolder('postgres');
  t.teardown(() => rmSync(folder, { recursive: true }));
  const folders = new Map<TestServer, string>();
  const start = async (name: string) => {
    const dataDir = join(folder, name);
    const port = await freePort();
    const server = await testServer(superuserUrl(port), port, () =>
      startPostgres({ dataDir, port, password: 'postgres', durable: true, temporaryFolder: folder }),
    );
    folders.set(server, dataDir);
    t.teardown(() => server.stop());
    return server;
  };

  let primary = await start('first');
  await primary.stop();
  copyCluster({ from: join(folder, 'first'), port: primary.port, to: join(folder, 'second') });
  await primary.start();
  let standby = await start('second');
  await inSync(primary);
  const endpoint = await testProxy(t, primary.port);

  return {
    get primary() {
      return primary;
    },
    get standby() {
      return standby;
    },
    database: async () => (await createDatabase(superuserUrl(endpoint.port))).url,
    async failOver(kind) {
      await query(standby.url, 'SELECT pg_promote()');
      endpoint.upstreamPort = standby.port;
      if (kind === 'closes connections') endpoint.closeOpen();
      [primary, standby] = [standby, primary];
    },
    async rejoin() {
      await Promise.all([primary.stop(), standby.stop()]);
      const [from, to] = [folders.get(primary), folders.get(standby)];
      copyCluster({ from: String(from), port: primary.port, to: String(to) });
      await Promise.all([primary.start(), standby.start()]);
      await inSync(primary);
    },
    async connectionsOf(server) {
      const { rows } = await query(
        server.url,
        `SELECT application_name AS name, wait_event IS NOT DISTINCT FROM 'SyncRep' AS "isWaiting"
         FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
      );
      return rows;
    },
  };
}

/** Makes a copy the synchronous standby of its original, which listens on `port`. Both are stopped. */
function copyCluster({ from, port, to }: { from: string; port: number; to: string }): void {
  rmSync(to, { recursive: true, force: true });
  execFileSync('cp', ['-a', from, to]);
  writeFileSync(join(to, 'standby.signal'), '', { mode: 0o666 });
  const { username, password } = new URL(superuserUrl(port));
  set(to, {
    primary_conninfo: `host=127.0.0.1 port=${port} user=${username} password=${password} application_name=${STANDBY}`,
    synchronous_standby_names: '', // once it is promoted
  });
  set(from, { synchronous_standby_names: STANDBY });
}

/** Sets parameters as ALTER SYSTEM does. PostgreSQL uses the last value of a parameter. */
function set(dataDir: string, parameters: Record<string, string>): void {
  const lines = Object.entries(parameters).map(([name, value]) => `${name} = '${value}'\n`);
  appendFileSync(join(dataDir, 'postgresql.auto.conf'), lines.join(''));
}

function inSync(primary: TestServer): Promise<void> {
  return waitFor(async () => {
    const { rows } = await query(primary.url, "SELECT FROM pg_stat_replication WHERE sync_state = 'sync'");
    return rows.length === 1;
  });
}

async function query(url: string, statement: string): Promise<pg.QueryResult> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}

const superuserUrl = (port: number) => `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;
