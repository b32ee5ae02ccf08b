import { join } from 'node:path';
import { startProcess, testDatabase } from '@pair/test-kit';
import t from 'tap';
import { connected } from './support/database.ts';
import { SERVER, startedServer } from './support/server.ts';

const MIGRATE = 'services/customers/dist/migrate.js';

t.test(
  'all faults of the settings are printed at once, without a stack, and the exit code is 1',
  async (t) => {
    const env = { PORT: 'x', LOG_LEVEL: 'loud', REDIS_URL: 'http://hunter2@redis' };
    const server = await startProcess(t, { entry: SERVER, env });
    t.equal(await server.exited, 1);
    for (const name of ['PORT', 'LOG_LEVEL', 'REDIS_URL', 'DATABASE_URL is missing'])
      t.match(server.output(), name);
    t.notMatch(server.output(), /hunter2|\n\s+at /);
  },
);

t.test('a port in use is one sentence and exit code 1', async (t) => {
  const { env } = await startedServer(t);
  const second = await startProcess(t, { entry: SERVER, env });
  t.equal(await second.exited, 1);
  t.match(
    second.output(),
    new RegExp(
      `127\\.0\\.0\\.1:${env.PORT} is in use by another process: stop it, or set PORT or METRICS_PORT to another port\\.`,
    ),
  );
  t.notMatch(second.output(), /node:internal/);
});

t.test(
  'the migration job creates the table, can be repeated, and reads its secret from a file',
  async (t) => {
    const databaseUrl = await testDatabase(t);
    const file = join(t.testdir({ url: `${databaseUrl}\n` }), 'url');
    const jobs = Array.from({ length: 3 }, () =>
      startProcess(t, { entry: MIGRATE, env: { DATABASE_URL_FILE: file } }).then((job) => job.exited),
    );
    t.same(await Promise.all(jobs), [0, 0, 0]);
    const client = await connected(t, databaseUrl);
    t.same((await client.query('SELECT count(*)::int AS n FROM customers')).rows, [{ n: 0 }]);
  },
);
