import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startPostgres } from '@pair/local-stores';
import { createDatabase } from './create-database.ts';
import type { Teardown } from './teardown.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { shared } from './test-run.ts';

/**
 * The URL of an empty database (UTF8, C.UTF-8) owned by its own role, dropped afterwards. It is on the server of
 * this run of `npm test`, or, when one file is run by itself, on one that starts now and ends with this process.
 */
export async function testDatabase(t: Teardown): Promise<string> {
  postgres ??= shared('postgres') ?? startSharedPostgres().then(({ url }) => url);
  const database = await createDatabase(await postgres);
  t.teardown(() => database.drop());
  return database.url;
}

let postgres: Promise<string> | undefined;

/** A PostgreSQL for many tests: the superuser's URL. It ends, and its data goes, when this process ends. */
export async function startSharedPostgres(): Promise<{ url: string; stop(): Promise<void> }> {
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
