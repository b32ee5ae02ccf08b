import { randomUUID } from 'node:crypto';
import { waitFor } from '@pair/test-kit';
import t from 'tap';
import { customersDatabase } from './support/database.ts';
import { answers200, areQuick503s, routesOf, TRANSFERS } from './support/faults.ts';
import { customersProcess, ready } from './support/service.ts';

/** The database waits for a lock for 0.4 s; a busy machine needs longer to say so. */
const LOCKED_MS = 2_000;

t.test(
  'a table that another connection holds: quick 503s, nothing written late, and an answer again afterwards',
  async (t) => {
    const { url: databaseUrl, client } = await customersDatabase(t);
    const service = await customersProcess(t, { databaseUrl });
    await ready(service.app);
    const routes = [...(await routesOf(service)), ...TRANSFERS];
    await client.query('BEGIN');
    await client.query('LOCK TABLE customers IN ACCESS EXCLUSIVE MODE');
    await areQuick503s(t, service, routes, LOCKED_MS);
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
    await areQuick503s(t, service, writes, LOCKED_MS);
    for (const [method, url, more] of [list, read, create]) {
      t.match(await service.send(method, url, more), { statusCode: method === 'POST' ? 201 : 200 });
    }
    await client.query('COMMIT');
  },
);

t.test(
  'a row that another transaction is about to make is a quick 503 for who would make it too',
  async (t) => {
    const { url: databaseUrl, client } = await customersDatabase(t);
    const service = await customersProcess(t, { databaseUrl });
    await ready(service.app);
    const id = randomUUID();
    await client.query('BEGIN');
    await client.query("INSERT INTO customers (id, name, dob) VALUES ($1, 'Bob', '1960-05-25')", [id]);
    const body = { name: 'Ann', dob: '1960-05-25' };
    const headers = { 'if-none-match': '*' };
    await areQuick503s(t, service, [['PUT', `/customers/${id}`, { body, headers }]], LOCKED_MS);
    await client.query('ROLLBACK');
    t.equal((await service.send('PUT', `/customers/${id}`, { body, headers })).statusCode, 201);
  },
);

t.test('with an Idempotency-Key a 503 is not kept: the same again is done', async (t) => {
  const { url: databaseUrl, client } = await customersDatabase(t);
  const service = await customersProcess(t, { databaseUrl });
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

t.test('a lock that the database itself does not wait for is a 503 as well', async (t) => {
  const { url: databaseUrl, client } = await customersDatabase(t);
  await client.query(`ALTER DATABASE ${new URL(databaseUrl).pathname.slice(1)} SET lock_timeout = '50ms'`);
  const service = await customersProcess(t, { databaseUrl });
  await ready(service.app);
  const routes = await routesOf(service);
  await client.query('BEGIN');
  await client.query('LOCK TABLE customers IN ACCESS EXCLUSIVE MODE');
  await areQuick503s(t, service, routes, LOCKED_MS);
  await client.query('COMMIT');
  t.match(service.log(), /due to lock timeout/);
  t.notMatch(service.log(), /internal_error/);
});
