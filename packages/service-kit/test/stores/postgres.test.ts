import {
  execute,
  freePort,
  isWithin,
  PATIENT_LIMITS,
  PRODUCTION_LIMITS,
  testDatabase,
  testPostgres,
  testProxy,
  waitFor,
} from '@pair/test-kit';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import type { FastifyInstance } from 'fastify';
import pg from 'pg';
import t, { type Test } from 'tap';
import { inTransaction, isStoreUnavailable, migrate, postgres, type StoreLimits } from '../../src/index.ts';
import type { WarmPool } from '../../src/stores/warm-pool.ts';
import { startedProcess } from '../support/process.ts';

/** A service that queries its database for each request. */
const service = (databaseUrl: string, limits?: StoreLimits) => async (app: FastifyInstance) => {
  await app.register(postgres, { databaseUrl, name: 'test', limits: limits ?? PRODUCTION_LIMITS });
  const one = drizzle({ client: app.pg.pool })
    .select({ one: sql<number>`1` })
    .from(sql`pg_class`)
    .limit(1)
    .prepare('one');
  app.get('/one', async () => (await one.execute())[0]);
  app.get('/sleep', async () => (await app.pg.query('SELECT pg_sleep(5)')).rows);
  app.get('/second', async () => (await app.pg.query('SELECT pg_sleep(1)')).rows);
  app.get('/asked', async () => {
    const pool = app.pg.pool as WarmPool;
    await Promise.all([pool.ask('SELECT pg_sleep(1)', 5_000), pool.query('SELECT pg_sleep(1)')]);
    return {};
  });
  app.get('/busy', async () => {
    const result = one.execute();
    const until = Date.now() + 1_500;
    while (Date.now() < until); // the answer arrives, and this process does not read it
    return (await result)[0];
  });
  app.get('/connections', async () => {
    const { rows } = await app.pg.query(
      `SELECT pid FROM pg_stat_activity
       WHERE application_name = 'test' AND datname = current_database() ORDER BY pid`,
    );
    return rows;
  });
  app.get('/write', async () => (await app.pg.query('CREATE TABLE IF NOT EXISTS things ()')).rows);
  app.get('/wrong', async () => (await app.pg.query('SELECT nothing FROM nowhere')).rows);
};

/** Sends a GET and measures its time. */
async function timed(app: FastifyInstance, url: string) {
  const started = Date.now();
  const response = await app.inject(url);
  return {
    status: response.statusCode,
    headers: response.headers,
    body: response.json(),
    tookMs: Date.now() - started,
  };
}

function isQuick503(t: Test, answer: Awaited<ReturnType<typeof timed>>, name: string, withinMs = 1_000) {
  t.match(answer, { status: 503, headers: { 'retry-after': '1' }, body: { code: 'unavailable' } }, name);
  t.ok(isWithin(answer.tookMs, withinMs), `${name}: within ${withinMs} ms (${answer.tookMs} ms)`);
}

const many = <T>(count: number, work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));

t.test('a process starts without its database, reports that, and connects later', async (t) => {
  const server = await testPostgres(t);
  await server.stop();
  const { app } = await startedProcess(t, [service(server.url)]);
  isQuick503(t, await timed(app, '/one'), 'away');
  t.match(await timed(app, '/readyz'), { status: 503, body: { detail: 'Not ready: test: PostgreSQL.' } });
  await server.start();
  // an attempt to connect that began before the server was up is still refused
  await waitFor(async () => (await app.inject('/one')).statusCode === 200);
  t.match(await timed(app, '/readyz'), { status: 200, body: { checks: { 'test: PostgreSQL': 'ok' } } });
});

t.test('a paused or stopped database causes a quick 503, and serves again once it is back', async (t) => {
  const server = await testPostgres(t);
  const { app } = await startedProcess(t, [service(server.url)]);
  await Promise.all(Array.from({ length: 20 }, () => timed(app, '/one')));

  server.pause();
  for (const answer of await Promise.all(Array.from({ length: 20 }, () => timed(app, '/one')))) {
    isQuick503(t, answer, 'paused');
  }
  isQuick503(t, await timed(app, '/one'), 'paused, without an open connection');
  server.resume();
  await waitFor(async () => (await timed(app, '/one')).status === 200);

  await server.stop();
  for (const answer of await Promise.all(Array.from({ length: 20 }, () => timed(app, '/one')))) {
    isQuick503(t, answer, 'stopped');
  }
  await server.start();
  await waitFor(async () => (await timed(app, '/one')).status === 200);
});

t.test('a statement that is too slow causes a quick 503, and ends in the database', async (t) => {
  const databaseUrl = await testDatabase(t);
  const { app } = await startedProcess(t, [service(databaseUrl)]);
  isQuick503(t, await timed(app, '/sleep'), 'slow', 2_500);
  const { rows } = await app.inject('/one').then(async () => {
    const client = new pg.Client(databaseUrl);
    await client.connect();
    t.teardown(() => client.end());
    return client.query(
      "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(5)' AND state = 'active' AND datname = current_database()",
    );
  });
  t.same(rows, []);
});

t.test('an overload causes 503 before the time-out of the gateway, and one line in the log', async (t) => {
  const { app, logged } = await startedProcess(t, [service(await testDatabase(t))]);
  // each request holds one of ten connections for 1.5 s, so the last request would wait for 9 s
  const answers = await many(60, () => timed(app, '/sleep'));
  for (const answer of answers) isQuick503(t, answer, 'slow and many', 5_000);
  const lines = () => logged().map(({ msg }) => String(msg));
  t.equal(lines().filter((line) => line.startsWith('overload: ')).length, 1);
  t.ok(
    lines().filter((line) => line === 'unavailable').length < 60,
    'the log has no line for each refused request',
  );
  await waitFor(async () => (await timed(app, '/one')).status === 200);
  t.ok(lines().some((line) => line.startsWith('overload is over: ')));
});

t.test('every request of a burst is answered, after a cold start, when warm, and again', async (t) => {
  const { app } = await startedProcess(t, [service(await testDatabase(t), PATIENT_LIMITS)]);
  for (const round of ['cold', 'warm', 'again']) {
    const answers = await many(1_000, () => timed(app, '/one'));
    t.same([...new Set(answers.map(({ status }) => status))], [200], round);
  }
});

t.test('from a slow server the pool opens two connections at a time, and refuses no request', async (t) => {
  const server = await testPostgres(t);
  const proxy = await testProxy(t, server.port);
  proxy.delayMs = 150; // a sign-in has four answers: together they take longer than the limit of an outage
  const url = new URL(server.url);
  url.port = String(proxy.port);
  const { app } = await startedProcess(t, [service(url.href, PATIENT_LIMITS)]);
  const answers = await many(100, () => timed(app, '/one'));
  t.same([...new Set(answers.map(({ status }) => status))], [200]);
  t.ok(proxy.mostUnanswered <= 4, `two for requests, and two of the monitor (${proxy.mostUnanswered})`);
});

t.test('a process that is busy when the answer arrives does not see an outage', async (t) => {
  const { app } = await startedProcess(t, [service(await testDatabase(t))]);
  await app.ready();
  const answers = await Promise.all([timed(app, '/busy'), timed(app, '/one'), timed(app, '/one')]);
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 200],
  );
});

t.test('a statement that takes a second is no outage, alone or on all connections', async (t) => {
  const { app } = await startedProcess(t, [service(await testDatabase(t))]);
  t.equal((await timed(app, '/second')).status, 200);
  const answers = await many(10, () => timed(app, '/second'));
  t.equal((await timed(app, '/asked')).status, 200, 'nor beside an equally slow query of the monitor');
  t.same([...new Set(answers.map(({ status }) => status))], [200], 'on all connections at once');
});

t.test('connections that lose their packets are replaced within two seconds', async (t) => {
  const server = await testPostgres(t);
  const proxy = await testProxy(t, server.port);
  const url = new URL(server.url);
  url.port = String(proxy.port);
  const { app } = await startedProcess(t, [service(url.href)]);
  t.equal((await timed(app, '/one')).status, 200);
  proxy.silenceOpen();
  isQuick503(t, await timed(app, '/one'), 'silent');
  await waitFor(async () => (await timed(app, '/one')).status === 200, 1_500);
  await waitFor(async () => (await timed(app, '/readyz')).status === 200, 1_500);
});

t.test(
  'a process opens ten connections for requests and two for checks before any of them is needed',
  async (t) => {
    const { app } = await startedProcess(t, [service(await testDatabase(t))]);
    await app.ready();
    const count = async () => ((await timed(app, '/connections')).body as unknown[]).length;
    await waitFor(async () => (await count()) === 12);
  },
);

t.test('a refused statement costs no connection', async (t) => {
  const { app } = await startedProcess(t, [service(await testDatabase(t))]);
  const pids = async () => (await timed(app, '/connections')).body;
  await app.ready();
  await waitFor(async () => ((await pids()) as unknown[]).length === 12);
  const before = await pids();
  await many(20, () => timed(app, '/wrong'));
  t.same(await pids(), before);
});

t.test(
  'a server that refuses writes is not ready until it is promoted, and a busy server is ready',
  async (t) => {
    const server = await testPostgres(t);
    const { app } = await startedProcess(t, [service(server.url)]);
    const [ready] = await Promise.all([
      timed(app, '/readyz'),
      ...Array.from({ length: 200 }, () => timed(app, '/one')),
    ]);
    t.equal(ready.status, 200);
    await server.demote();
    await waitFor(async () => (await timed(app, '/one')).status === 200);
    t.match(await timed(app, '/readyz'), { status: 503, body: { detail: 'Not ready: test: PostgreSQL.' } });

    const pids = async () => {
      const connections = (await timed(app, '/connections')).body as { pid: number }[];
      return connections.map(({ pid }) => pid);
    };
    const before = await pids();
    isQuick503(t, await timed(app, '/write'), 'a write on a standby');
    // its connection is replaced, because by now another server may have the address
    await waitFor(async () => {
      const now = await pids();
      return before.filter((pid) => !now.includes(pid)).length === 1;
    });

    await execute(server.superuserUrl, ['SELECT pg_promote()']);
    await waitFor(async () => (await timed(app, '/write')).status === 200);
    t.equal((await timed(app, '/readyz')).status, 200);
  },
);

for (const [name, change] of [
  ['another password', { password: 'wrong' }],
  ['a role that does not exist', { username: 'no-such-role' }],
  ['a database that does not exist', { pathname: '/nowhere' }],
] as const) {
  t.test(`${name} causes a quick 503`, async (t) => {
    const url = new URL(await testDatabase(t));
    Object.assign(url, change);
    const { app, logged } = await startedProcess(t, [service(url.href)]);
    isQuick503(t, await timed(app, '/one'), name);
    t.ok(logged().some(({ msg }) => msg === 'no connection to PostgreSQL'));
  });
}

t.test('a wrong statement is a 500, and the process goes on', async (t) => {
  const { app } = await startedProcess(t, [service(await testDatabase(t))]);
  t.match(await timed(app, '/wrong'), { status: 500, body: { code: 'internal_error' } });
  t.match(await timed(app, '/one'), { status: 200 });
});

t.test('errors in the language of the server are errors like others', async (t) => {
  t.intercept(pg.DatabaseError.prototype, 'severity', { get: () => 'FEHLER', set() {} });
  const databaseUrl = await testDatabase(t);
  const { app } = await startedProcess(t, [service(databaseUrl)]);
  const connections = async () => (await timed(app, '/connections')).body;
  const before = await connections();
  t.match(await timed(app, '/wrong'), { status: 500 });
  t.same(await connections(), before, 'the pool keeps the connection');

  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  t.teardown(() => pool.end());
  await pool.query('CREATE TABLE deferred (id integer PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)');
  const refused = inTransaction(pool, (client) => client.query('INSERT INTO deferred VALUES (1), (1)'));
  await t.rejects(refused, { code: '23505' }, 'a refused COMMIT has rolled back');
});

t.test('a port without a database causes a quick 503', async (t) => {
  const { app } = await startedProcess(t, [service(`postgres://a:b@127.0.0.1:${await freePort()}/x`)]);
  isQuick503(t, await timed(app, '/one'), 'refused');
});

t.test('a transaction is committed as a whole or not at all', async (t) => {
  const pool = new pg.Pool({ connectionString: await testDatabase(t), max: 1 });
  t.teardown(() => pool.end());
  await pool.query('CREATE TABLE things (id integer PRIMARY KEY)');
  const result = await inTransaction(pool, async (client) => {
    await client.query('INSERT INTO things VALUES (1)');
    return 'kept';
  });
  t.equal(result, 'kept');
  await t.rejects(
    inTransaction(pool, async (client) => {
      await client.query('INSERT INTO things VALUES (2)');
      throw new Error('changed my mind');
    }),
    { message: 'changed my mind' },
  );
  await t.rejects(
    inTransaction(pool, async (client) => {
      await client.query('INSERT INTO things VALUES (3)');
      await client.query('INSERT INTO things VALUES (1)');
    }),
    { code: '23505' },
  );
  t.same((await pool.query('SELECT id FROM things')).rows, [{ id: 1 }], 'and its connection is usable again');
});

t.test(
  'a transaction fails quickly when its server goes away, and frees its place in the pool',
  async (t) => {
    const server = await testPostgres(t);
    const pool = new pg.Pool({
      connectionString: server.url,
      max: 1,
      connectionTimeoutMillis: 400,
      query_timeout: 300,
    });
    pool.on('error', () => {});
    t.teardown(() => pool.end());
    const started = Date.now();
    await t.rejects(
      inTransaction(pool, async (client) => {
        await client.query('SELECT 1');
        server.pause();
        await client.query('SELECT 2');
      }),
      { message: 'Query read timeout' },
    );
    t.ok(Date.now() - started < 550, 'it does not wait for a rollback that the server would not answer');
    server.resume();
    await waitFor(
      async () => (await inTransaction(pool, (client) => client.query('SELECT 3'))).rowCount === 1,
    );
  },
);

t.test(
  'a connection that ends between two statements rejects the transaction, and the process goes on',
  async (t) => {
    const url = await testDatabase(t);
    const pool = new pg.Pool({ connectionString: url, max: 2 });
    pool.on('error', () => {});
    t.teardown(() => pool.end());
    const error = await inTransaction(pool, async (client) => {
      const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
      const ended = new Promise((resolve) => client.once('end', resolve));
      await pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
      await ended;
      await client.query('SELECT 2');
    }).catch((reason) => reason);
    t.ok(isStoreUnavailable(error), String(error));
    t.equal((await inTransaction(pool, (client) => client.query('SELECT 3'))).rowCount, 1);
  },
);

const JOURNAL = JSON.stringify({
  version: '7',
  dialect: 'postgresql',
  entries: [
    { idx: 0, version: '7', when: 1, tag: '0000_first', breakpoints: true },
    { idx: 1, version: '7', when: 2, tag: '0001_second', breakpoints: true },
  ],
});

t.test('concurrent runs of the migrations apply each of them once, in order', async (t) => {
  const migrationsFolder = t.testdir({
    meta: { '_journal.json': JOURNAL },
    '0000_first.sql':
      'CREATE TABLE things (id integer PRIMARY KEY);\n--> statement-breakpoint\nSELECT pg_sleep(0.2);',
    '0001_second.sql': 'INSERT INTO things VALUES (1);',
  });
  const databaseUrl = await testDatabase(t);
  await Promise.all(Array.from({ length: 4 }, () => migrate({ databaseUrl, migrationsFolder })));
  await migrate({ databaseUrl, migrationsFolder });
  const client = new pg.Client(databaseUrl);
  await client.connect();
  t.teardown(() => client.end());
  t.same((await client.query('SELECT id FROM things')).rows, [{ id: 1 }]);
});

t.test('a migration that fails leaves nothing behind', async (t) => {
  const migrationsFolder = t.testdir({
    meta: { '_journal.json': JOURNAL },
    '0000_first.sql': 'CREATE TABLE things (id integer PRIMARY KEY);',
    '0001_second.sql': 'INSERT INTO nowhere VALUES (1);',
  });
  const databaseUrl = await testDatabase(t);
  await t.rejects(migrate({ databaseUrl, migrationsFolder }));
  const client = new pg.Client(databaseUrl);
  await client.connect();
  t.teardown(() => client.end());
  t.same((await client.query("SELECT to_regclass('things') AS things")).rows, [{ things: null }]);
});
