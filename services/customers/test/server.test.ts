import { once } from 'node:events';
import http from 'node:http';
import { join } from 'node:path';
import { freePort, startProcess, testDatabase, waitFor } from '@pair/test-kit';
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

t.test('a process listens when it is ready', async (t) => {
  const { env, jwks } = await startedServer(t);
  await jwks.stop();
  const port = await freePort();
  const second = await startProcess(t, { entry: SERVER, env: { ...env, PORT: String(port) } });
  const livez = () => fetch(`http://127.0.0.1:${port}/livez`);
  await waitFor(() => second.output().includes('signing keys cannot be fetched'), 10_000);
  await t.rejects(livez(), { cause: { code: 'ECONNREFUSED' } });
  await jwks.start();
  await waitFor(async () => (await livez()).ok, 10_000);
  t.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200, 'from the first request');
});

t.test(
  'a process that stops refuses new connections, and answers on those that the gateway has',
  async (t) => {
    const { server, url } = await startedServer(t);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    t.teardown(() => agent.destroy());
    const get = async () => {
      const [response] = (await once(http.get(`${url}/livez`, { agent }), 'response')) as [
        http.IncomingMessage,
      ];
      await once(response.resume(), 'end');
      return { status: response.statusCode, connection: response.headers.connection };
    };
    t.match(await get(), { status: 200, connection: 'keep-alive' });
    const stopped = performance.now();
    const exitCode = server.stop();
    const refuses = () =>
      fetch(`${url}/livez`, { headers: { connection: 'close' } }).then(
        () => false,
        ({ cause }) => cause.code === 'ECONNREFUSED',
      );
    await waitFor(refuses);
    t.match(await get(), { status: 200, connection: 'close' }, 'an idle connection stayed open');
    t.equal(await exitCode, 0);
    const ms = performance.now() - stopped;
    t.ok(ms > 1_900, `refuses for two seconds, also without connections (${ms} ms)`);
  },
);

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
