import { randomUUID } from 'node:crypto';
import t from 'tap';
import { EXAMPLE } from '../../src/customers/schemas.ts';
import { customersDatabase } from '../support/database.ts';
import { customersProcess, ready } from '../support/service.ts';

const { url: databaseUrl, client } = await customersDatabase(t);
const { app, send } = await customersProcess(t, { databaseUrl });
await ready(app);

async function created(name: string, dob: string) {
  const response = await send('POST', '/customers', { body: { name, dob } });
  t.equal(response.statusCode, 201);
  return response.json();
}

t.test('a customer is read as it was created, with a strong entity tag, and privately cached', async (t) => {
  const customer = await created('Ann', '1960-05-25');
  const response = await send('GET', `/customers/${customer.id}`);
  t.equal(response.statusCode, 200);
  t.same(response.json(), customer);
  t.same(Object.keys(response.json()), Object.keys(EXAMPLE));
  t.match(response.headers, {
    etag: '"1"',
    'cache-control': 'private, no-cache',
    'content-type': 'application/json; charset=utf-8',
  });
  const upper = await send('GET', `/customers/${customer.id.toUpperCase()}`);
  t.same(upper.json(), customer, 'a UUID may be written in capitals (RFC 9562 §4)');
  const head = await send('HEAD', `/customers/${customer.id}`);
  t.match(head, { statusCode: 200, body: '', headers: { etag: '"1"' } });
});

t.test('a client that has the current version gets 304 without a body', async (t) => {
  const { id } = await created('Ann', '1960-05-25');
  for (const tag of ['"1"', 'W/"1"', '"7", "1"', '"x,y",W/"1" ,', '*']) {
    const response = await send('GET', `/customers/${id}`, { headers: { 'if-none-match': tag } });
    t.match(
      response,
      { statusCode: 304, body: '', headers: { etag: '"1"', 'cache-control': 'private, no-cache' } },
      tag,
    );
    t.notOk('content-type' in response.headers);
  }
  for (const tag of ['"2"', '"11"', '1', 'W/1', '"1']) {
    const response = await send('GET', `/customers/${id}`, { headers: { 'if-none-match': tag } });
    t.match(response, { statusCode: 200, headers: { etag: '"1"' } }, tag);
  }
  await send('PATCH', `/customers/${id}`, { body: { name: 'Bob' } });
  const changed = await send('GET', `/customers/${id}`, { headers: { 'if-none-match': '"1"' } });
  t.match(changed, { statusCode: 200, headers: { etag: '"2"' } });
});

t.test('an unknown id is 404, with If-None-Match too', async (t) => {
  for (const headers of [{}, { 'if-none-match': '*' }]) {
    const response = await send('GET', `/customers/${randomUUID()}`, { headers });
    t.match(response.json(), { status: 404, code: 'customer_not_found' });
  }
});

t.test('the n youngest are ordered by dob, then by id, both descending', async (t) => {
  await client.query('DELETE FROM customers');
  t.same((await send('GET', '/customers?n=5')).json(), { items: [], next_cursor: null });
  const [a, b, c, d] = [
    await created('older', '1999-12-31'),
    await created('same day, first', '2001-02-03'),
    await created('same day, second', '2001-02-03'),
    await created('youngest', '2020-01-01'),
  ];
  const ids = async (n: number) =>
    (await send('GET', `/customers?n=${n}`)).json().items.map((customer: { id: string }) => customer.id);
  t.same(await ids(1000), [d.id, c.id, b.id, a.id], 'a later id is larger');
  t.same(await ids(2), [d.id, c.id]);
  const response = await send('GET', '/customers?n=1');
  t.same(response.json(), { items: [d], next_cursor: null });
  t.equal(response.headers['cache-control'], 'private, no-cache');
});

t.test('n is 1 to 1000', async (t) => {
  await client.query('DELETE FROM customers');
  await client.query(`
    INSERT INTO customers (id, name, dob)
    SELECT gen_random_uuid(), 'name ' || i, date '1930-01-01' + i FROM generate_series(1, 1200) i`);
  for (const n of [1, 9, 10, 99, 100, 999, 1000]) {
    const { items } = (await send('GET', `/customers?n=${n}`)).json();
    t.equal(items.length, n);
    t.equal(items[0].name, 'name 1200');
  }
});
