import { rmSync } from 'node:fs';
import { freePort, startRedis } from '@pair/local-stores';
import type { Teardown } from './teardown.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { systemProgram } from './test-run.ts';
import { type TestServer, testServer } from './test-server.ts';

/** Starts a redis-server for one test, durable and without eviction as in production. `config` adds lines to its file, `args` go to its command line. */
export async function testRedis(
  t: Teardown,
  options: { config?: string[]; args?: string[] } = {},
): Promise<TestServer> {
  await systemProgram('redis-server');
  const folder = temporaryFolder('redis');
  const port = await freePort();
  const server = await testServer(`redis://127.0.0.1:${port}`, port, () =>
    startRedis({ dataDir: folder, port, temporaryFolder: folder, ...options }),
  );
  t.teardown(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  return server;
}
