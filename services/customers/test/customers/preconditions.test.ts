import { randomUUID } from 'node:crypto';
import t from 'tap';
import { customersDatabase } from '../support/database.ts';
import { customersProcess, ready } from '../support/service.ts';

const { url: databaseUrl } = await customersDatabase(t);
const { app, send } = await customersProcess(t, { databaseUrl });
await ready(app);

const ANN = { name: 'Ann', dob: '1960-05-25' };
const BOB = { name: 'Bob', dob: '1961-06-26' };
const put = (id: string, body: object, headers: Record<string, string> = {}) =>
  send('PUT', `/customers/${id}`, { body, headers });

async function createdId() {
  return (await send('POST', '/customers', { body: ANN })).json<{ id: string }>().id;
}

t.test('PUT with If-None-Match: * creates a customer with a chosen id, once', async (t) => {
  const id = randomUUID();
  const response = await put(id, ANN, { 'if-none-match': '*' });
  t.match(response, { statusCode: 201, headers: { etag: /^"\d+"$/, location: `/customers/${id}` } });
  t.match(response.json(), { id, ...ANN });
  t.same((await send('GET', `/customers/${id}`)).json(), response.json());
  t.match((await put(id, BOB, { 'if-none-match': ' * ' })).json(), {
    status: 412,
    code: 'precondition_failed',
  });
  t.match((await send('GET', `/customers/${id}`)).json(), ANN);
});

t.test('PUT of an unknown id without If-None-Match: * is 404, and creates nothing', async (t) => {
  const id = randomUUID();
  t.equal((await put(id, ANN)).statusCode, 404);
  t.equal((await put(id, ANN, { 'if-none-match': '"1"' })).statusCode, 404);
  t.equal((await send('GET', `/customers/${id}`)).statusCode, 404);
});

t.test('of many requests that create the same id at once, one succeeds', async (t) => {
  const id = randomUUID();
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => put(id, { ...ANN, name: `Ann ${i}` }, { 'if-none-match': '*' })),
  );
  const of = (status: number) => answers.filter(({ statusCode }) => statusCode === status).length;
  t.equal(of(201), 1);
  t.equal(of(412), 49);
});

t.test('If-Match together with If-None-Match: * is 412, whether the customer exists or not', async (t) => {
  for (const id of [randomUUID(), await createdId()]) {
    const response = await put(id, BOB, { 'if-none-match': '*', 'if-match': '"1"' });
    t.equal(response.statusCode, 412);
  }
});

t.test(
  'If-None-Match refuses a write while one of its tags, also a weak one, is the current version',
  async (t) => {
    for (const method of ['PUT', 'PATCH', 'DELETE'] as const) {
      const id = await createdId();
      const write = (tag: string) =>
        send(method, `/customers/${id}`, {
          headers: { 'if-none-match': tag },
          ...(method === 'DELETE' ? {} : { body: method === 'PUT' ? BOB : { name: 'Bob' } }),
        });
      for (const tag of ['"1"', 'W/"1"', '"7", "1"']) t.equal((await write(tag)).statusCode, 412, tag);
      t.ok((await write('"7"')).statusCode < 300, `${method} with another tag`);
    }
  },
);

t.test(
  'a 412 for a weak tag in If-Match says that weak tags never match, and any other 412 does not',
  async (t) => {
    for (const method of ['PUT', 'PATCH', 'DELETE'] as const) {
      const id = await createdId();
      const write = (tag: string) =>
        send(method, `/customers/${id}`, {
          headers: { 'if-match': tag },
          ...(method === 'DELETE' ? {} : { body: method === 'PUT' ? BOB : { name: 'Bob' } }),
        });
      for (const tag of ['W/"1"', '"7", W/"1"', 'W/"7"']) {
        t.match(
          (await write(tag)).json(),
          { status: 412, detail: /weak tag .* never matches If-Match: send/ },
          tag,
        );
      }
      for (const tag of ['"7"', '"W/"']) {
        t.match((await write(tag)).json(), { status: 412, detail: /^[^W]*$/ }, tag);
      }
      t.ok((await write('W/"7", "1"')).statusCode < 300, `${method} with a strong tag too`);
    }
    const unknown = await put(randomUUID(), BOB, { 'if-match': 'W/"1"' });
    t.equal(unknown.statusCode, 404);
  },
);

t.test(
  'If-None-Match: * is 412 for a change or deletion of a customer, and 404 for an unknown id',
  async (t) => {
    const headers = { 'if-none-match': '*' };
    const id = await createdId();
    t.equal((await send('DELETE', `/customers/${id}`, { headers })).statusCode, 412);
    t.equal((await send('PATCH', `/customers/${id}`, { headers, body: { name: 'x' } })).statusCode, 412);
    t.equal((await send('DELETE', `/customers/${randomUUID()}`, { headers })).statusCode, 404);
    t.match((await send('GET', `/customers/${id}`)).json(), ANN);
  },
);

t.test('a header that is not a list of tags is 400 and named', async (t) => {
  const id = await createdId();
  for (const header of ['if-match', 'if-none-match']) {
    for (const value of ['1', '"1', 'W/1', '*, "1"', '"1" "2"']) {
      const response = await put(id, BOB, { [header]: value });
      t.match(response.json(), { status: 400, errors: [{ pointer: `/${header}` }] }, value);
    }
  }
  t.match((await send('GET', `/customers/${id}`)).json(), ANN);
});
