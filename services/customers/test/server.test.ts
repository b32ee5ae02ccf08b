import { join } from 'node:path';
import {
  freePort,
  jwksServer,
  mintClaims,
  mintKey,
  startProcess,
  type Teardown,
  testDatabase,
  waitFor,
} from '@pair/test-kit';
import t from 'tap';
import { connected, customersDatabase } from './support/database.ts';
import { redisWithEpoch } from './support/service.ts';

const SERVER = 'services/customers/dist/server.js';
const MIGRATE = 'services/customers/dist/migrate.js';

async function startedServer(t: Teardown) {
  const { url: databaseUrl, client } = await customersDatabase(t);
  const redis = await redisWithEpoch(t);
  const key = await mintKey();
  const jwks = await jwksServer(t, [key]);
  const port = await freePort();
  const env = {
    PORT: String(port),
    ISSUER: 'http://localhost:8080',
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    JWKS_URL: jwks.url,
  };
  const server = await startProcess(t, { entry: SERVER, env });
  const url = `http://127.0.0.1:${port}`;
  await waitFor(async () => (await fetch(`${url}/readyz`)).status === 200, 10_000);
  const headers = { authorization: `Bearer ${await key.sign(mintClaims())}` };
  return { server, url, headers, client, env };
}

t.test('SIGTERM: a request in flight is answered, then the process ends with 0', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { server, url, headers, client } = await startedServer(t);
    await client.query('BEGIN');
    await client.query('LOCK TABLE customers IN ACCESS EXCLUSIVE MODE');
    const inFlight = fetch(`${url}/customers?n=5`, { headers });
    await waitFor(async () => {
      const { rowCount } = await client.query(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
      );
      return rowCount === 1;
    });
    const exited = server.stop(signal);
    await waitFor(() => server.output().includes('draining'));
    await client.query('COMMIT');
    t.equal((await inFlight).status, 200, signal);
    t.equal(await exited, 0);
  }
});

t.test('a process that is stopped under load refuses nobody whose request it took', async (t) => {
  const { server, url, headers } = await startedServer(t);
  const statuses: number[] = [];
  const clients = Array.from({ length: 8 }, async () => {
    for (;;) {
      try {
        const response = await fetch(`${url}/customers?n=1`, {
          headers: { ...headers, connection: 'close' },
        });
        await response.text();
        statuses.push(response.status);
      } catch {
        return; // nobody listens any more
      }
    }
  });
  await waitFor(() => statuses.length > 100);
  t.equal(await server.stop(), 0);
  await Promise.all(clients);
  t.same([...new Set(statuses)], [200]);
});

t.test(
  'all that is wrong with the settings is told at once, without a stack, and the exit code is 1',
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
  t.match(second.output(), new RegExp(`127\\.0\\.0\\.1:${env.PORT} is in use by another process\\.`));
  t.notMatch(second.output(), /node:internal/);
});

t.test('the migration job makes the table, may be repeated, and reads its secret from a file', async (t) => {
  const databaseUrl = await testDatabase(t);
  const file = join(t.testdir({ url: `${databaseUrl}\n` }), 'url');
  const jobs = Array.from({ length: 3 }, () =>
    startProcess(t, { entry: MIGRATE, env: { DATABASE_URL_FILE: file } }).then((job) => job.exited),
  );
  t.same(await Promise.all(jobs), [0, 0, 0]);
  const client = await connected(t, databaseUrl);
  t.same((await client.query('SELECT count(*)::int AS n FROM customers')).rows, [{ n: 0 }]);
});
