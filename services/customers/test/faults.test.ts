import {
  jwksServer,
  mintClaims,
  mintKey,
  testDatabase,
  testPostgres,
  testRedis,
  waitFor,
} from '@pair/test-kit';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { migrateCustomers } from '../src/index.ts';
import { connected, customersDatabase } from './support/database.ts';
import { customersProcess, ready, redisWithEpoch, type TestService } from './support/service.ts';

const body = { name: 'Ann', dob: '1960-05-25' };

type Route = readonly ['GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, more: { body?: object }];

/** Every route, with what it needs to be answered well. */
async function routesOf({ send }: TestService): Promise<[Route, Route, Route, ...Route[]]> {
  const { id } = (await send('POST', '/customers', { body })).json();
  return [
    ['GET', '/customers?n=5', {}],
    ['GET', `/customers/${id}`, {}],
    ['POST', '/customers', { body }],
    ['PUT', `/customers/${id}`, { body }],
    ['PATCH', `/customers/${id}`, { body }],
    ['DELETE', `/customers/${id}`, {}],
  ];
}

/** Sends all of these requests at once and expects of each a 503 in under a second. */
async function areQuick503s(t: Test, { send }: TestService, routes: Route[]) {
  await Promise.all(
    routes.map(async ([method, url, more]) => {
      const started = performance.now();
      const response = await send(method, url, more);
      const tookMs = performance.now() - started;
      t.match(response.json(), { status: 503, code: 'unavailable' }, `${method} ${url}`);
      t.equal(response.headers['retry-after'], '1');
      t.ok(tookMs < 1_000, `${method} within a second (${Math.round(tookMs)} ms)`);
    }),
  );
}

const answers200 = ({ send }: TestService) =>
  waitFor(async () => (await send('GET', '/customers?n=5')).statusCode === 200);

t.test(
  'PostgreSQL stopped: quick 503s, and an answer again when it is back, without a restart',
  async (t) => {
    const server = await testPostgres(t);
    await migrateCustomers(server.url);
    const service = await customersProcess(t, { databaseUrl: server.url });
    await ready(service.app);
    const routes = await routesOf(service);
    await server.stop();
    await areQuick503s(t, service, routes);
    t.match((await service.app.inject('/readyz')).json(), { status: 503, detail: /customers: PostgreSQL/ });
    t.equal((await service.app.inject('/livez')).statusCode, 200);
    await server.start();
    await answers200(service);
  },
);

t.test(
  'PostgreSQL paused: quick 503s on open and on new connections, and an answer again afterwards',
  async (t) => {
    const server = await testPostgres(t);
    await migrateCustomers(server.url);
    const service = await customersProcess(t, { databaseUrl: server.url });
    await ready(service.app);
    const routes = await routesOf(service);
    server.pause();
    await areQuick503s(t, service, routes);
    await areQuick503s(t, service, routes);
    server.resume();
    await answers200(service);
  },
);

t.test(
  'a table that another connection holds: quick 503s, nothing written late, and an answer again afterwards',
  async (t) => {
    const { url: databaseUrl, client } = await customersDatabase(t);
    const service = await customersProcess(t, { databaseUrl });
    await ready(service.app);
    const routes = await routesOf(service);
    await client.query('BEGIN');
    await client.query('LOCK TABLE customers IN ACCESS EXCLUSIVE MODE');
    await areQuick503s(t, service, routes);
    await client.query('COMMIT');
    await answers200(service);
    t.same((await client.query('SELECT name, version FROM customers')).rows, [{ name: 'Ann', version: 1 }]);
  },
);

t.test(
  'a row that another transaction holds is a quick 503 for who would write it, and only for them',
  async (t) => {
    const { url: databaseUrl, client } = await customersDatabase(t);
    const service = await customersProcess(t, { databaseUrl });
    await ready(service.app);
    const [list, read, create, ...writes] = await routesOf(service);
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM customers FOR UPDATE');
    await areQuick503s(t, service, writes);
    for (const [method, url, more] of [list, read, create]) {
      t.match(await service.send(method, url, more), { statusCode: method === 'POST' ? 201 : 200 });
    }
    await client.query('COMMIT');
  },
);

for (const how of ['stopped', 'paused'] as const) {
  t.test(
    `Redis ${how}: answers until nobody can know who signed out, then 503s, then answers again`,
    async (t) => {
      const { url: databaseUrl } = await customersDatabase(t);
      const redis = await redisWithEpoch(t);
      const service = await customersProcess(
        t,
        { databaseUrl, redisUrl: redis.url },
        { REVOCATION_MAX_STALENESS_SECONDS: 2 },
      );
      await ready(service.app);
      const routes = await routesOf(service);
      if (how === 'stopped') await redis.stop();
      else redis.pause();
      t.equal((await service.send('GET', '/customers?n=5')).statusCode, 200, 'not at once');
      await waitFor(async () => (await service.send('GET', '/customers?n=5')).statusCode !== 200);
      await areQuick503s(t, service, routes);
      if (how === 'stopped') await redis.start();
      else redis.resume();
      await answers200(service);
    },
  );
}

t.test('a Redis that lost its data: tokens from before are 401', async (t) => {
  const { url: databaseUrl } = await customersDatabase(t);
  const redis = await redisWithEpoch(t);
  const service = await customersProcess(t, { databaseUrl, redisUrl: redis.url });
  await ready(service.app);
  await answers200(service);
  const client = new Redis(redis.url);
  t.teardown(() => client.disconnect());
  await client.flushall();
  await client.set('{auth}:epoch', 'another');
  await waitFor(async () => (await service.send('GET', '/customers?n=5')).statusCode === 401);
});

t.test(
  'a process that boots with everything away answers 503, and 200 when all of it has come',
  async (t) => {
    const database = await testPostgres(t);
    const redis = await redisWithEpoch(t);
    const key = await mintKey();
    const jwks = await jwksServer(t, [key]);
    await migrateCustomers(database.url);
    await Promise.all([database.stop(), redis.stop(), jwks.stop()]);

    const stores = { databaseUrl: database.url, redisUrl: redis.url };
    const { app, send, log } = await customersProcess(t, stores, { JWKS_URL: jwks.url });
    const token = await key.sign(mintClaims());
    const get = () => send('GET', '/customers?n=5', { token });
    t.match((await get()).json(), { status: 503, code: 'unavailable' });
    const { detail } = (await app.inject('/readyz')).json();
    for (const name of ['PostgreSQL', 'Redis', 'signing keys', 'revocation feed'])
      t.match(detail, `customers: ${name}`);

    await jwks.start();
    t.equal((await get()).statusCode, 503);
    await redis.start();
    await waitFor(async () => !/signing keys|feed/.test((await app.inject('/readyz')).json().detail));
    t.match((await get()).json(), { status: 503, code: 'unavailable' });
    await database.start();
    await waitFor(async () => (await get()).statusCode === 200);
    t.equal((await app.inject('/readyz')).statusCode, 200);
    t.notMatch(log(), /"level":"(error|fatal)"/);
  },
);

t.test('a database that was never migrated is a fault of ours, told without details', async (t) => {
  const databaseUrl = await testDatabase(t);
  const service = await customersProcess(t, { databaseUrl });
  await ready(service.app);
  const response = await service.send('POST', '/customers', { body: { name: 'hunter2', dob: '1960-05-25' } });
  t.match(response.json(), { status: 500, code: 'internal_error' });
  t.notMatch(response.body, /relation|insert|hunter2/);
  t.match(service.log(), /relation \\"customers\\" does not exist/);
  t.notMatch(service.log(), /hunter2|1960-05-25/, 'personal data is not logged');
});

t.test('a Redis that refuses our password is 503, not 401 and not 500', async (t) => {
  const { url: databaseUrl } = await customersDatabase(t);
  const redis = await testRedis(t, { args: ['--requirepass', 'secret'] });
  const service = await customersProcess(t, { databaseUrl, redisUrl: redis.url });
  t.match((await service.send('GET', '/customers?n=5')).json(), { status: 503 });
});

t.test('connections that break while they are idle are no trouble', async (t) => {
  const { url: databaseUrl } = await customersDatabase(t);
  const service = await customersProcess(t, { databaseUrl });
  await ready(service.app);
  await answers200(service);
  const client = await connected(t, databaseUrl);
  await client.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'customers'",
  );
  await answers200(service);
});
