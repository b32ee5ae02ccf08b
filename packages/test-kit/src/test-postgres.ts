import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startPostgres } from '@pair/local-stores';
import { createDatabase, execute } from './create-database.ts';
import type { Teardown } from './teardown.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { type TestServer, testServer } from './test-server.ts';

export interface TestPostgres extends TestServer {
  /** Creates another empty database with a role of its own; resolves with its URL. */
  database(): Promise<string>;
  /** The URL of the superuser. */
  superuserUrl: string;
  /** From now on every commit waits for a standby that does not exist, until `'present'`. */
  standby(state: 'absent' | 'present'): Promise<void>;
  /** Starts the server again as a standby, which refuses writes, as after a failover. */
  demote(): Promise<void>;
}

/**
 * Starts a PostgreSQL for one test, durable as in production, to pause, stop and kill. Its `url` leads to an empty
 * database. The start takes about a second, so a test that breaks nothing uses `testDatabase`.
 */
export async function testPostgres(t: Teardown): Promise<TestPostgres> {
  const folder = temporaryFolder('postgres');
  const port = await freePort();
  const superuserUrl = `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;
  const server = await testServer('', port, () =>
    startPostgres({
      dataDir: join(folder, 'data'),
      port,
      password: 'postgres',
      durable: true,
      temporaryFolder: folder,
    }),
  );
  t.teardown(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  const database = async () => (await createDatabase(superuserUrl)).url;
  server.url = await database();
  const standby = (state: 'absent' | 'present') =>
    execute(superuserUrl, [
      `ALTER SYSTEM SET synchronous_standby_names = '${state === 'absent' ? 'nowhere' : ''}'`,
      'SELECT pg_reload_conf()',
    ]);
  const demote = async () => {
    await server.stop();
    writeFileSync(join(folder, 'data', 'standby.signal'), '', { mode: 0o666 });
    await server.start();
  };
  return Object.assign(server, { superuserUrl, database, standby, demote });
}
