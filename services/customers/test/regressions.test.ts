import { randomUUID } from 'node:crypto';
import { mintClaims, waitFor } from '@pair/test-kit';
import { Redis } from 'ioredis';
import t from 'tap';
import { customersDatabase } from './support/database.ts';
import { customersProcess, ready, redisWithEpoch } from './support/service.ts';

// Faults of the system that this one replaces: a test for each.

const { url: databaseUrl, client } = await customersDatabase(t);
const redis = await redisWithEpoch(t);
const { app, key, send } = await customersProcess(t, { databaseUrl, redisUrl: redis.url });
await ready(app);

const body = { name: 'Ann', dob: '1960-05-25' };

t.test('delete without a token is refused', async (t) => {
  const { id } = (await send('POST', '/customers', { body })).json();
  t.match((await send('DELETE', `/customers/${id}`, { token: null })).json(), { status: 401 });
  t.equal((await send('GET', `/customers/${id}`)).statusCode, 200, 'the customer still exists');
});

t.test('a negative n is 400', async (t) => {
  t.match((await send('GET', '/customers?n=-1')).json(), { status: 400, errors: [{ pointer: '/n' }] });
});

t.test('a duplicate name is allowed', async (t) => {
  const [first, second] = [
    await send('POST', '/customers', { body }),
    await send('POST', '/customers', { body }),
  ];
  t.match([first.statusCode, second.statusCode], [201, 201]);
  t.not(first.json().id, second.json().id);
});

t.test('a missing dob is 422', async (t) => {
  const response = await send('POST', '/customers', { body: { name: 'Ann' } });
  t.match(response.json(), { status: 422, errors: [{ pointer: '/dob', detail: 'is required' }] });
});

t.test('a non-numeric (non-UUID) id is 400', async (t) => {
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
    const response = await send(
      method,
      '/customers/abc',
      method === 'GET' || method === 'DELETE' ? {} : { body },
    );
    t.match(response.json(), { status: 400, errors: [{ pointer: '/id' }] }, method);
  }
});

t.test('update of an unknown id is 404', async (t) => {
  const before = (await client.query('SELECT count(*) FROM customers')).rows;
  for (const method of ['PUT', 'PATCH'] as const) {
    t.match((await send(method, `/customers/${randomUUID()}`, { body })).json(), { status: 404 }, method);
  }
  t.same((await client.query('SELECT count(*) FROM customers')).rows, before, 'no customer is created');
});

t.test('a token is refused after its session has signed out', async (t) => {
  const sid = randomUUID();
  const token = await key.sign(mintClaims({ sid }));
  t.equal((await send('GET', '/customers?n=1', { token })).statusCode, 200);
  const auth = new Redis(redis.url);
  t.teardown(() => auth.disconnect());
  await auth.xadd('{auth}:revocations', '*', 'sid', sid, 'until', Math.floor(Date.now() / 1_000) + 600);
  await waitFor(async () => (await send('GET', '/customers?n=1', { token })).statusCode === 401, 1_000);
});
