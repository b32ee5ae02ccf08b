import { randomUUID } from 'node:crypto';
import { PRODUCTION_LIMITS, waitFor } from '@pair/test-kit';
import t from 'tap';
import { customersDatabase } from './support/database.ts';
import { answers200, areQuick503s, routesOf } from './support/faults.ts';
import { customersProcess, ready } from './support/service.ts';

/** PostgreSQL waits 0.4 s for a lock, and the transfers open a connection before that. */
const LOCKED_MS = 2_000;

t.test(
  'while another connection holds the table requests are quick 503s, and nothing is written late',
  async (t) => {
    const { url: databaseUrl, client } = await customersDatabase(t);
    const service = await customersProcess(t, { databaseUrl }, {}, PRODUCTION_LIMITS);
    await ready(service.app);
    const routes = await routesOf(service);
    await client.query('BEGIN');
    await client.query('LOCK TABLE customers IN ACCESS EXCLUSIVE MODE');
    await areQuick503s(t, service, routes, LOCKED_MS);
    t.notMatch(service.log(), 'statement timeout', 'the wait for a lock ends first');
    await client.query('COMMIT');
    await answers200(service);
    t.same((await client.query('SELECT name, version FROM customers')).rows, [{ name: 'Ann', version: 1 }]);
  },
);

t.test(
  'while another transaction holds a row, writes of the row are quick 503s, and other requests are answered',
  async (t) => {
    const { url: databaseUrl, client } = await customersDatabase(t);
    const service = await customersProcess(t, { databaseUrl }, {}, PRODUCTION_LIMITS);
    await ready(service.app);
    const [list, read, create, put, patch, remove] = await routesOf(service);
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM customers FOR UPDATE');
    await areQuick503s(t, service, [put, patch, remove], LOCKED_MS);
    for (const [method, url, more] of [list, read, create]) {
      t.match(await service.send(method, url, more), { statusCode: method === 'POST' ? 201 : 200 });
    }
    await client.query('COMMIT');
  },
);

t.test('while another transaction creates an id, creating the same id is a quick 503', async (t) => {
  const { url: databaseUrl, client } = await customersDatabase(t);
  const service = await customersProcess(t, { databaseUrl }, {}, PRODUCTION_LIMITS);
  await ready(service.app);
  const id = randomUUID();
  await client.query('BEGIN');
  await client.query("INSERT INTO customers (id, name, dob) VALUES ($1, 'Bob', '1960-05-25')", [id]);
  const body = { name: 'Ann', dob: '1960-05-25' };
  const headers = { 'if-none-match': '*' };
  await areQuick503s(t, service, [['PUT', `/customers/${id}`, { body, headers }]], LOCKED_MS);
  await client.query('ROLLBACK');
  t.equal((await service.send('PUT', `/customers/${id}`, { body, headers })).statusCode, 201);
});

t.test('a 503 does not use up an Idempotency-Key: the retry creates the customer', async (t) => {
  const { url: databaseUrl, client } = await customersDatabase(t);
  const service = await customersProcess(t, { databaseUrl }, {}, PRODUCTION_LIMITS);
  await ready(service.app);
  const more = { body: { name: 'Ann', dob: '1960-05-25' }, headers: { 'idempotency-key': 'once' } };
  for (const table of ['customers', 'idempotency_keys']) {
    await client.query('BEGIN');
    await client.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    await areQuick503s(t, service, [['POST', '/customers', more]], LOCKED_MS);
    await client.query('COMMIT');
    t.same((await client.query('SELECT 1 FROM customers')).rows, [], 'nothing was written');
  }
  await waitFor(async () => (await service.send('POST', '/customers', more)).statusCode === 201);
  t.equal((await client.query('SELECT 1 FROM customers')).rowCount, 1);
});

t.test('a lock_timeout of the database itself is a 503 too', async (t) => {
  const { url: databaseUrl, client } = await customersDatabase(t);
  await client.query(`ALTER DATABASE ${new URL(databaseUrl).pathname.slice(1)} SET lock_timeout = '50ms'`);
  const service = await customersProcess(t, { databaseUrl }, {}, PRODUCTION_LIMITS);
  await ready(service.app);
  const routes = await routesOf(service);
  await client.query('BEGIN');
  await client.query('LOCK TABLE customers IN ACCESS EXCLUSIVE MODE');
  await areQuick503s(t, service, routes, LOCKED_MS);
  await client.query('COMMIT');
  t.match(service.log(), /due to lock timeout/);
  t.notMatch(service.log(), /internal_error/);
});
