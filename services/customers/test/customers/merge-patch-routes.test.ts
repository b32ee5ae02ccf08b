import { randomUUID } from 'node:crypto';
import t from 'tap';
import { customersDatabase } from '../support/database.ts';
import { customersProcess, ready } from '../support/service.ts';

const { url: databaseUrl, client } = await customersDatabase(t);
const { app, send } = await customersProcess(t, { databaseUrl });
await ready(app);

async function created() {
  return (await send('POST', '/customers', { body: { name: 'Ann', dob: '1960-05-25' } })).json();
}

async function stored(id: string) {
  return (await client.query('SELECT name, dob::text, version FROM customers WHERE id = $1', [id])).rows[0];
}

t.test('a merge patch changes its members and leaves the others', async (t) => {
  const before = await created();
  const named = await send('PATCH', `/customers/${before.id}`, { body: { name: ' Zoe\u0308 ' } });
  t.match(named, { statusCode: 200, headers: { etag: '"2"' } });
  t.match(named.json(), { id: before.id, name: 'Zo\u00eb', dob: '1960-05-25' });
  const dated = await send('PATCH', `/customers/${before.id}`, { body: { dob: '2000-02-29' } });
  t.match(dated.json(), { name: 'Zo\u00eb', dob: '2000-02-29' });
  t.ok(dated.json().updated_at >= before.updated_at);
  t.same(await stored(before.id), { name: 'Zo\u00eb', dob: '2000-02-29', version: 3 });
});

t.test('an empty patch changes nothing, not even updated_at, but checks the version', async (t) => {
  const customer = await created();
  const url = `/customers/${customer.id}`;
  const response = await send('PATCH', url, { body: {} });
  t.match(response, { statusCode: 200, headers: { etag: '"1"' } });
  t.same(response.json(), customer);
  const withTag = (tag: string) => send('PATCH', url, { body: {}, headers: { 'if-match': tag } });
  t.equal((await withTag('"1"')).statusCode, 200);
  t.equal((await withTag('"2"')).statusCode, 412);
  t.match(await stored(customer.id), { version: 1 });
  t.equal((await send('PATCH', `/customers/${randomUUID()}`, { body: {} })).statusCode, 404);
});

t.test('null is 422, because every customer has all members', async (t) => {
  const { id } = await created();
  for (const member of ['name', 'dob']) {
    const response = await send('PATCH', `/customers/${id}`, { body: { [member]: null } });
    t.match(response.json(), { status: 422, errors: [{ pointer: `/${member}` }] });
  }
  t.same(await stored(id), { name: 'Ann', dob: '1960-05-25', version: 1 });
});

t.test('a patch that is not an object, or has another member, is 422', async (t) => {
  const { id } = await created();
  for (const body of [
    'null',
    '[]',
    '"x"',
    '[{"op":"replace","path":"/name","value":"x"}]',
    '{"id":"x"}',
    '{"version":9}',
    '{"updated_at":"x"}',
  ]) {
    t.match(
      (await send('PATCH', `/customers/${id}`, { body })).json(),
      { status: 422, code: 'validation_failed' },
      body,
    );
  }
  t.match(await stored(id), { version: 1 });
});

t.test(
  'a patch is application/merge-patch+json or application/json: for another type the 415 names both',
  async (t) => {
    const { id } = await created();
    for (const type of [
      'application/json-patch+json',
      'text/plain',
      'application/merge-patch+json; charset=utf-16',
      '',
    ]) {
      const response = await send('PATCH', `/customers/${id}`, {
        body: '{"name":"x"}',
        headers: { 'content-type': type },
      });
      const detail = /send application\/merge-patch\+json or application\/json/;
      t.match(response.json(), { status: 415, code: 'unsupported_media_type', detail }, type);
      t.equal(response.headers['accept-patch'], 'application/merge-patch+json, application/json');
    }
    t.match(await stored(id), { name: 'Ann', version: 1 });
    for (const type of ['Application/Merge-Patch+JSON; charset=UTF-8', 'application/json']) {
      const headers = { 'content-type': type };
      t.equal((await send('PATCH', `/customers/${id}`, { body: '{"name":"x"}', headers })).statusCode, 200);
    }
  },
);

t.test('a merge patch as the body of PUT or POST is 415', async (t) => {
  const { id } = await created();
  const headers = { 'content-type': 'application/merge-patch+json' };
  const body = { name: 'x', dob: '2000-01-01' };
  t.equal((await send('PUT', `/customers/${id}`, { body, headers })).statusCode, 415);
  t.equal((await send('POST', '/customers', { body, headers })).statusCode, 415);
});

t.test('a patch of an unknown id is 404', async (t) => {
  t.equal((await send('PATCH', `/customers/${randomUUID()}`, { body: { name: 'x' } })).statusCode, 404);
});
