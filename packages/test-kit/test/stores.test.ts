import { existsSync, readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import pg from 'pg';
import { type Test, t } from 'tap';
import { startProcess, testDatabase, testPostgres, testRedis, waitFor } from '../src/index.ts';

t.test(
  'a test database is empty, UTF8 with C.UTF-8, and belongs to a role that is no superuser',
  async (t) => {
    const client = await connected(t, await testDatabase(t));
    const { rows } = await client.query(`
    SELECT pg_encoding_to_char(encoding) AS encoding, datcollate, rolsuper, rolname = current_user AS own,
      (SELECT count(*)::int FROM pg_tables WHERE schemaname = 'public') AS tables
    FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba WHERE datname = current_database()`);
    t.strictSame(rows, [{ encoding: 'UTF8', datcollate: 'C.UTF-8', rolsuper: false, own: true, tables: 0 }]);
  },
);

t.test('two test databases share no table', async (t) => {
  const [one, other] = await Promise.all([testDatabase(t), testDatabase(t)]);
  await (await connected(t, one)).query('CREATE TABLE thing (id int)');
  await t.rejects((await connected(t, other)).query('SELECT * FROM thing'), { code: '42P01' });
});

t.test('a paused PostgreSQL answers no client, and continues after the pause', async (t) => {
  const server = await testPostgres(t);
  const client = await connected(t, server.url);
  server.pause();
  let answered = false;
  const answer = client.query('SELECT 1').then(() => {
    answered = true;
  });
  await t.rejects(connected(t, server.url, 200), /timeout/);
  t.notOk(answered);
  server.resume();
  await answer;
  t.ok(answered);
});

t.test('a PostgreSQL that is stopped and started has the same port and data', async (t) => {
  const server = await testPostgres(t);
  await (await connected(t, server.url)).query('CREATE TABLE thing (id int)');
  const before = server.pid;
  await server.stop();
  await t.rejects(connected(t, server.url), { code: 'ECONNREFUSED' });
  await server.start();
  t.not(server.pid, before);
  t.equal((await (await connected(t, server.url)).query('SELECT * FROM thing')).rowCount, 0);
});

t.test('a PostgreSQL and a Redis that are killed come back with the same port and data', async (t) => {
  const [postgres, redis] = await Promise.all([testPostgres(t), testRedis(t)]);
  await (await connected(t, postgres.url)).query('CREATE TABLE thing (id int)');
  await client(t, redis.url).set('key', 'value');
  await Promise.all([postgres.kill(), redis.kill()]);
  await Promise.all([postgres.start(), redis.start()]);
  t.equal((await (await connected(t, postgres.url)).query('SELECT * FROM thing')).rowCount, 0);
  t.equal(await client(t, redis.url).get('key'), 'value');
});

t.test(
  'a Redis is durable, never evicts, takes more arguments, and keeps its data over a stop',
  async (t) => {
    const server = await testRedis(t, { args: ['--maxmemory', '50mb'] });
    const redis = client(t, server.url);
    t.strictSame(await redis.config('GET', 'appendfsync'), ['appendfsync', 'always']);
    t.strictSame(await redis.config('GET', 'appendonly'), ['appendonly', 'yes']);
    t.strictSame(await redis.config('GET', 'maxmemory-policy'), ['maxmemory-policy', 'noeviction']);
    t.strictSame(await redis.config('GET', 'maxmemory'), ['maxmemory', String(50 * 1024 * 1024)]);
    await redis.set('key', 'value');
    server.pause();
    const answer = redis.get('key');
    server.resume();
    t.equal(await answer, 'value');
    await server.stop();
    await server.start();
    t.equal(await client(t, server.url).get('key'), 'value');
  },
);

t.test('a test process that is killed leaves no server and no folder behind', async (t) => {
  const killed = await startProcess(t, {
    entry: 'packages/test-kit/test/fixtures/holds-servers.mjs',
    env: { TMPDIR: process.env.TMPDIR },
  });
  await waitFor(() => killed.output().endsWith('\n'), 30_000);
  const { pids, folder } = JSON.parse(killed.output());
  t.ok(pids.every(isAlive));
  t.ok(existsSync(folder));
  t.equal(await killed.stop('SIGKILL'), null);
  await waitFor(() => !pids.some(isAlive) && !existsSync(folder), 15_000);
});

async function connected(t: Test, url: string, connectionTimeoutMillis = 5_000): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis });
  client.on('error', () => undefined);
  t.teardown(() => client.end().catch(() => undefined));
  await client.connect();
  return client;
}

function client(t: Test, url: string): Redis {
  const redis = new Redis(url);
  redis.on('error', () => undefined);
  t.teardown(() => redis.disconnect());
  return redis;
}

/** A zombie counts as ended: in a container it may have no parent that collects it. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).path !== undefined && process.platform !== 'linux';
  }
}
