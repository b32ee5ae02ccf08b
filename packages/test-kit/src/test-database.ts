import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startPostgres } from '@pair/local-stores';
import { createDatabase } from './create-database.ts';
import type { Teardown } from './teardown.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { shared } from './test-run.ts';

/**
 * Creates an empty database (UTF8, C.UTF-8), owned by a role of its own, and drops it after the test. It is on the
 * server of this run of `npm test`. Without such a server, one starts here and ends with this process.
 *
 * @returns the URL of the database
 */
export async function testDatabase(t: Teardown): Promise<string> {
  postgres ??= shared('postgres') ?? startPostgresForMany().then(({ url }) => url);
  const database = await createDatabase(await postgres);
  t.teardown(() => database.drop());
  return database.url;
}

let postgres: Promise<string> | undefined;

/** Starts the PostgreSQL of a run of `npm test`, also for the tests' resources in this process. */
export async function startSharedPostgres(t: Teardown): Promise<string> {
  const started = startPostgresForMany();
  postgres = started.then(({ url }) => url);
  t.teardown(async () => (await started).stop());
  return postgres;
}

/** Starts a PostgreSQL for many tests. It ends with this process, and its data is removed. `url` is the superuser's. */
async function startPostgresForMany(): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = temporaryFolder('postgres');
  const port = await freePort();
  const server = await startPostgres({
    dataDir: join(folder, 'data'),
    port,
    password: 'postgres',
    durable: false,
    temporaryFolder: folder,
  });
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
