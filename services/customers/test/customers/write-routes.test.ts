import { randomUUID } from 'node:crypto';
import t from 'tap';
import { EXAMPLE } from '../../src/customers/schemas.ts';
import { customersDatabase } from '../support/database.ts';
import { customersProcess, ready } from '../support/service.ts';

const { url: databaseUrl, client } = await customersDatabase(t);
const { app, send } = await customersProcess(t, { databaseUrl });
await ready(app);

async function created(body = { name: 'Ann', dob: '1960-05-25' }) {
  return (await send('POST', '/customers', { body })).json();
}

async function stored(id: string) {
  const { rows } = await client.query('SELECT name, dob::text, version FROM customers WHERE id = $1', [id]);
  return rows[0];
}

t.test('creating a customer is 201 with Location, ETag and a UUIDv7', async (t) => {
  const response = await send('POST', '/customers', { body: { name: 'Ann', dob: '1960-05-25' } });
  t.equal(response.statusCode, 201);
  const customer = response.json();
  t.same(Object.keys(customer), Object.keys(EXAMPLE));
  t.match(customer, { name: 'Ann', dob: '1960-05-25' });
  t.match(customer.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.match(customer.updated_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  t.ok(Math.abs(Date.parse(customer.updated_at) - Date.now()) < 10_000);
  t.match(response.headers, {
    location: `/customers/${customer.id}`,
    etag: '"1"',
    'cache-control': 'private, no-cache',
  });
  t.same((await send('GET', String(response.headers.location))).json(), customer);
});

t.test('names are stored byte for byte, except for NFC and the white space around them', async (t) => {
  const names: [sent: string, kept: string][] = [
    ["'; DROP TABLE customers; --", "'; DROP TABLE customers; --"],
    ['Robert"); DELETE FROM customers; --', 'Robert"); DELETE FROM customers; --'],
    ["O'Brien \\ \\\\ \\' $1 $$ %s {{x}} <b>&amp;</b>", "O'Brien \\ \\\\ \\' $1 $$ %s {{x}} <b>&amp;</b>"],
    ['Zoë Łukasz 李小龍 Ивáн 🦊👩‍👩‍👧', 'Zoë Łukasz 李小龍 Ивáн 🦊👩‍👩‍👧'.normalize('NFC')],
    ['  Zoe\u0308 ', 'Zo\u00eb'],
    ['null', 'null'],
    ['{a,b}', '{a,b}'],
    ['<script>alert(1)</script>', '<script>alert(1)</script>'],
    ['\u202eevil\u202c', '\u202eevil\u202c'],
  ];
  for (const [sent, kept] of names) {
    const customer = await created({ name: sent, dob: '2000-01-01' });
    t.equal(customer.name, kept);
    t.equal((await send('GET', `/customers/${customer.id}`)).json().name, kept);
    t.equal((await stored(customer.id)).name, kept);
  }
});

t.test('an id in capitals is the same id in every request and answer', async (t) => {
  const id = randomUUID();
  const capitals = `/customers/${id.toUpperCase()}`;
  const body = { name: 'Ann', dob: '1960-05-25' };
  const first = await send('PUT', capitals, { body, headers: { 'if-none-match': '*' } });
  t.match(first, { statusCode: 201, headers: { location: `/customers/${id}` } });
  t.equal(first.json().id, id);
  const again = await send('PUT', `/customers/${id}`, { body, headers: { 'if-none-match': '*' } });
  t.equal(again.statusCode, 412);
  const { etag = '' } = first.headers;
  const read = await send('GET', `/customers/${id}`, { headers: { 'if-none-match': String(etag) } });
  t.equal(read.statusCode, 304);
  t.equal((await send('PATCH', capitals, { body: { name: 'Bob' } })).json().id, id);
  t.equal((await send('DELETE', capitals)).statusCode, 204);
  t.equal((await send('GET', `/customers/${id}`)).statusCode, 404);
});

t.test('PUT replaces all members, increases the version and returns the new customer', async (t) => {
  const before = await created();
  const response = await send('PUT', `/customers/${before.id}`, {
    body: { name: ' Bob ', dob: '1961-01-02' },
  });
  t.equal(response.statusCode, 200);
  t.match(response.json(), { id: before.id, name: 'Bob', dob: '1961-01-02' });
  t.ok(response.json().updated_at >= before.updated_at);
  t.match(response.headers, { etag: '"2"', 'cache-control': 'private, no-cache' });
  t.same(await stored(before.id), { name: 'Bob', dob: '1961-01-02', version: 2 });
  t.same((await send('GET', `/customers/${before.id}`)).json(), response.json());
});

t.test('PUT needs all members, and creates no customer', async (t) => {
  const { id } = await created();
  for (const [body, pointer] of [
    [{ name: 'Bob' }, '/dob'],
    [{ dob: '2000-01-01' }, '/name'],
  ] as const) {
    const response = await send('PUT', `/customers/${id}`, { body });
    t.match(response.json(), { status: 422, errors: [{ pointer, detail: 'is required' }] });
  }
  t.match(await stored(id), { version: 1 });
  const unknown = randomUUID();
  t.equal(
    (await send('PUT', `/customers/${unknown}`, { body: { name: 'x', dob: '2000-01-01' } })).statusCode,
    404,
  );
  t.equal(await stored(unknown), undefined);
});

t.test('DELETE is 204 without a body, and the next DELETE is 404', async (t) => {
  const { id } = await created();
  t.match(await send('DELETE', `/customers/${id}`), { statusCode: 204, body: '' });
  t.equal(await stored(id), undefined);
  t.match((await send('DELETE', `/customers/${id}`)).json(), { status: 404, code: 'customer_not_found' });
  t.equal((await send('GET', `/customers/${id}`)).statusCode, 404);
});

t.test('DELETE accepts a Content-Type without a body', async (t) => {
  const { id } = await created();
  const headers = { 'content-type': 'application/json' };
  t.equal((await send('DELETE', `/customers/${id}`, { headers })).statusCode, 204);
});

for (const method of ['PUT', 'PATCH', 'DELETE'] as const) {
  const body = method === 'DELETE' ? undefined : { name: 'Bob', dob: '1961-01-02' };
  const done = method === 'DELETE' ? 204 : 200;
  const write = (id: string, tag: string) =>
    send(method, `/customers/${id}`, { body, headers: { 'if-match': tag } });

  t.test(`${method} with If-Match of the current version succeeds`, async (t) => {
    for (const tag of ['"1"', '*', '"7", "1"', 'W/"7","1"']) {
      t.equal((await write((await created()).id, tag)).statusCode, done, tag);
    }
  });

  t.test(`${method} with If-Match of another version is 412 and writes nothing`, async (t) => {
    const { id } = await created();
    for (const tag of [
      '"2"',
      '"0"',
      '""',
      '"01"',
      '"1 "'.replace(' ', '_'),
      '"99999999999999999999"',
      '"-1"',
      '"a"',
      '"2", "3"',
    ]) {
      t.match((await write(id, tag)).json(), { status: 412, code: 'precondition_failed' }, tag);
    }
    t.same(await stored(id), { name: 'Ann', dob: '1960-05-25', version: 1 });
  });

  t.test(`${method} with a weak If-Match is 412: the comparison is strong`, async (t) => {
    const { id } = await created();
    t.match((await write(id, 'W/"1"')).json(), { status: 412, code: 'precondition_failed' });
    t.match(await stored(id), { version: 1 });
  });

  t.test(`${method} with an If-Match that is not a list of tags is 400 and writes nothing`, async (t) => {
    const { id } = await created();
    for (const tag of ['1', '"1', '*, "1"', "'1'", '"1" "2"', ',']) {
      t.match((await write(id, tag)).json(), { status: 400, errors: [{ pointer: '/if-match' }] }, tag);
    }
    t.match(await stored(id), { version: 1 });
  });

  t.test(`${method} of an unknown id is 404 with any If-Match`, async (t) => {
    for (const tag of ['"1"', '*', 'W/"1"']) {
      t.match((await write(randomUUID(), tag)).json(), { status: 404, code: 'customer_not_found' }, tag);
    }
  });
}

t.test(
  'of concurrent replacements with the same If-Match exactly one succeeds, the others are 412',
  async (t) => {
    const { id } = await created();
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        send('PUT', `/customers/${id}`, {
          body: { name: `writer ${i}`, dob: '2000-01-01' },
          headers: { 'if-match': '"1"' },
        }),
      ),
    );
    const winners = answers.filter((answer) => answer.statusCode === 200);
    t.equal(winners.length, 1);
    t.equal(answers.filter((answer) => answer.statusCode === 412).length, 29);
    t.match(await stored(id), { name: winners[0]?.json().name, version: 2 });
  },
);

t.test('of a concurrent deletion and replacement with the same If-Match one succeeds', async (t) => {
  for (let round = 0; round < 10; round += 1) {
    const { id } = await created();
    const headers = { 'if-match': '"1"' };
    const [deleted, replaced] = await Promise.all([
      send('DELETE', `/customers/${id}`, { headers }),
      send('PUT', `/customers/${id}`, { body: { name: 'Bob', dob: '2000-01-01' }, headers }),
    ]);
    const codes = [deleted.statusCode, replaced.statusCode];
    t.ok(['204,404', '204,412', '412,200'].includes(codes.join()), codes.join());
  }
});
