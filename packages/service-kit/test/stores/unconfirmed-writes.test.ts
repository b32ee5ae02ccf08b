import { setTimeout as sleep } from 'node:timers/promises';
import { execute, isWithin, testPostgres, waitFor } from '@pair/test-kit';
import type { FastifyInstance } from 'fastify';
import pg from 'pg';
import t from 'tap';
import { inTransaction, postgres } from '../../src/index.ts';
import { startedProcess } from '../support/process.ts';

const CONNECTIONS = 10;
const MONITORS = 2;
/** A write then times out after 0.8 s instead of 2 s. */
const LIMITS = { statementMs: 300 };

t.test('PostgreSQL confirms no writes', async (t) => {
  const server = await testPostgres(t);
  const admin = new pg.Client(server.superuserUrl);
  await admin.connect();
  t.teardown(() => admin.end());
  let within: FastifyInstance | undefined;
  const { app, logged } = await startedProcess(t, [service]);
  async function service(app: FastifyInstance) {
    within = app;
    await app.register(postgres, { databaseUrl: server.url, name: 'test', limits: LIMITS });
    const transaction = (work: (client: pg.PoolClient) => Promise<unknown>) =>
      inTransaction(app.pg.pool, work).then(() => ({}));
    app.get('/read', async () => (await app.pg.query('SELECT FROM things LIMIT 1')).rows);
    app.get('/write', async () => (await app.pg.query('INSERT INTO things VALUES (1)')).rows);
    app.get('/transaction', () => transaction((client) => client.query('INSERT INTO things VALUES (1)')));
    app.get('/stop', () =>
      transaction(async (client) => {
        const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
        process.kill(rows[0].pid, 'SIGSTOP');
        await client.query('SELECT 1');
      }),
    );
  }
  const backends = async () => {
    const { rows } = await admin.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'test'");
    return rows.length;
  };
  const status = async (url: string) => (await app.inject(url)).statusCode;
  const count = (line: string) => logged().filter(({ msg }) => msg === line).length;
  await app.ready();
  await execute(server.url, ['CREATE TABLE things (id integer)']);

  /** Sends a read and two writes every 20 ms. */
  const outage = async (rounds: number) => {
    const reads: Promise<number>[] = [];
    const writes: Promise<number>[] = [];
    let mostBackends = 0;
    for (let round = 0; round < rounds; round++) {
      reads.push(status('/read'));
      writes.push(status('/write'), status('/transaction'));
      mostBackends = Math.max(mostBackends, await backends());
      await sleep(20);
    }
    return { reads: await Promise.all(reads), writes: await Promise.all(writes), mostBackends };
  };

  await t.test('reads go on, writes are refused at once, and no backend is left behind', async (t) => {
    await server.standby('absent');
    const { reads, writes, mostBackends } = await outage(60);
    t.same([...new Set(reads)], [200]);
    // the server learns of the setting a moment later
    t.same([...new Set(writes.slice(60))], [503]);
    t.ok(mostBackends <= CONNECTIONS + MONITORS, `${mostBackends} backends`);
    const started = performance.now();
    t.equal(await status('/write'), 503);
    t.ok(isWithin(performance.now() - started, 200), 'a further write waits for nothing');
    t.equal(await status('/readyz'), 200, 'a process that serves reads is ready');
    t.equal(count('PostgreSQL confirms no writes'), 1);

    await server.standby('present');
    await waitFor(async () => (await status('/write')) === 200);
    t.equal(await status('/transaction'), 200);
    t.equal(count('PostgreSQL confirms writes again'), 1);
    // a check may just have closed its connection
    await waitFor(async () => (await backends()) >= CONNECTIONS);
    t.ok((await backends()) <= CONNECTIONS + MONITORS);
  });

  await t.test('reads go on after writes on all connections have hung, with two more backends', async (t) => {
    const write = async () => {
      while ((await status('/write')) === 200);
    };
    const writers = Array.from({ length: 20 }, write);
    await server.standby('absent');
    const { reads, mostBackends } = await outage(60);
    t.same([...new Set(reads)], [200]);
    t.ok(mostBackends <= CONNECTIONS + MONITORS + 2, `${mostBackends} backends`);
    await server.standby('present');
    await Promise.all(writers);
    await waitFor(async () => (await status('/write')) === 200);
  });

  await t.test('connections without an answer that wait for no standby are replaced', async (t) => {
    const pool = (within as FastifyInstance).pg.pool;
    await waitFor(async () => pool.idleCount === CONNECTIONS);
    t.same(await Promise.all([1, 2, 3].map(() => status('/stop'))), [503, 503, 503]);
    t.equal(await status('/write'), 503);
    await waitFor(async () => (await status('/write')) === 200);
    await waitFor(async () => pool.idleCount === CONNECTIONS);
  });
});
