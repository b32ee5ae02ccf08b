import { PRODUCTION_LIMITS, testDatabase, testPostgres } from '@pair/test-kit';
import pg from 'pg';
import t, { type Test } from 'tap';
import { migrateCustomers } from '../src/index.ts';
import { connected, customersDatabase } from './support/database.ts';
import { answers200, areQuick503s, type Route, routesOf } from './support/faults.ts';
import { customersProcess, ready } from './support/service.ts';

t.test(
  'while PostgreSQL is stopped requests are quick 503s, and the process recovers without a restart',
  async (t) => {
    const server = await testPostgres(t);
    await migrateCustomers(server.url);
    const service = await customersProcess(t, { databaseUrl: server.url }, {}, PRODUCTION_LIMITS);
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
  'while PostgreSQL is paused requests on open and new connections are quick 503s, then it recovers',
  async (t) => {
    const server = await testPostgres(t);
    await migrateCustomers(server.url);
    const service = await customersProcess(t, { databaseUrl: server.url }, {}, PRODUCTION_LIMITS);
    await ready(service.app);
    const routes = await routesOf(service);
    for (const [method, url, more] of routes) await service.send(method, url, more);
    server.pause();
    await areQuick503s(t, service, routes);
    await areQuick503s(t, service, routes);
    server.resume();
    await answers200(service);
  },
);

t.test(
  'when PostgreSQL falls silent while creates are under way, each is a quick 503, and none is sent twice',
  async (t) => {
    const server = await testPostgres(t);
    await migrateCustomers(server.url);
    const service = await customersProcess(t, { databaseUrl: server.url }, {}, PRODUCTION_LIMITS);
    await ready(service.app);
    await answers200(service);
    const sent = namesInserted(t);
    server.pause();
    const routes = Array.from({ length: 50 }, (_, i): Route => {
      return ['POST', '/customers', { body: { name: `name ${i}`, dob: '1960-05-25' } }];
    });
    await areQuick503s(t, service, routes);
    t.equal(sent.length, 2, 'the creates that waited for these two were never sent');
    server.resume();
    await answers200(service);
    const client = await connected(t, server.url);
    const { rows } = await client.query(
      'SELECT name, count(*)::int FROM customers GROUP BY name ORDER BY name',
    );
    t.ok(
      rows.every(({ name, count }) => count === 1 && sent.includes(name)),
      JSON.stringify(rows),
    );
  },
);

t.test('a database that was never migrated is a 500 without details', async (t) => {
  const databaseUrl = await testDatabase(t);
  const service = await customersProcess(t, { databaseUrl }, {}, PRODUCTION_LIMITS);
  await ready(service.app);
  const response = await service.send('POST', '/customers', { body: { name: 'hunter2', dob: '1960-05-25' } });
  t.match(response.json(), { status: 500, code: 'internal_error' });
  t.notMatch(response.body, /relation|insert|hunter2/);
  t.match(service.log(), /relation \\"customers\\" does not exist/);
  t.notMatch(service.log(), /hunter2|1960-05-25/, 'the log has no personal data');
});

t.test('a request succeeds after idle connections have broken', async (t) => {
  const { url: databaseUrl } = await customersDatabase(t);
  const service = await customersProcess(t, { databaseUrl }, {}, PRODUCTION_LIMITS);
  await ready(service.app);
  await answers200(service);
  const client = await connected(t, databaseUrl);
  await client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = 'customers' AND datname = current_database()`,
  );
  await answers200(service);
});

/** Returns the names in all INSERTs that the service sends from now on. */
function namesInserted(t: Test): string[] {
  const names: string[] = [];
  const query = pg.Client.prototype.query as (this: pg.Client, ...args: unknown[]) => unknown;
  t.intercept(pg.Client.prototype, 'query', {
    value(this: pg.Client, statement: { name?: string }, values: string[][], ...more: unknown[]) {
      if (statement.name === 'insert_customers') names.push(...(values[1] ?? []));
      return query.call(this, statement, values, ...more);
    },
  });
  return names;
}
