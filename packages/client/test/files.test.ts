import { Readable } from 'node:stream';
import t from 'tap';
import type { Client, FileBody } from '../src/index.ts';
import { hash, signedInServer } from './support/dpop-server.ts';
import { fakeServer, problem, signedIn, takesOnly, unavailable } from './support/fake-server.ts';

t.test('a file has the media type of its Blob, else CSV, unless the caller sets one', async (t) => {
  const { client, received } = fakeServer(() => Response.json({}), { storage: signedIn() });
  const send = (body: FileBody, headers = {}) =>
    client.customers.POST('/customers/import', { body, headers });
  const csv = 'name,dob\n';
  await send(csv);
  await send(new Blob([csv]));
  await send(new Blob([csv]).stream());
  await send(new File([csv], 'a.csv', { type: 'text/csv' }));
  await send(new File([csv], 'a.csv', { type: 'application/vnd.ms-excel' }));
  await send(new Blob([csv], { type: 'application/x-ndjson' }));
  await send(new Blob([csv], { type: 'text/plain' }), { 'Content-Type': 'application/x-ndjson' });
  t.same(
    received.map(({ headers }) => headers.get('content-type')),
    [...Array(5).fill('text/csv'), 'application/x-ndjson', 'application/x-ndjson'],
  );
  t.same(new Set(received.map(({ body }) => body)), new Set([csv]));
});

t.test('an export is text, unless the caller sets parseAs', async (t) => {
  const { client } = fakeServer(() => new Response('id,name'), { storage: signedIn() });
  t.equal((await client.customers.GET('/customers/export')).data, 'id,name');
  t.equal((await client.customers.GET('/customers/export', { parseAs: undefined })).data, 'id,name');
  const { data } = await client.customers.GET('/customers/export', { parseAs: 'stream' });
  t.type(data, ReadableStream);
});

t.test('an import is not repeated after a 503', async (t) => {
  const { client, received } = fakeServer(() => unavailable(), { storage: signedIn() });
  const body = 'name,dob\n';
  await t.rejects(client.customers.POST('/customers/import', { body }), { code: 'unavailable' });
  t.equal(received.length, 1);
});

t.test('a request whose body is a stream is not repeated with a new token', async (t) => {
  const { client, received } = fakeServer(takesOnly('access-1'), { storage: signedIn() });
  const body = new Blob(['name,dob\n']).stream();
  await t.rejects(client.customers.POST('/customers/import', { body }), { code: 'invalid_token' });
  t.equal(received.length, 1);
  t.equal(received[0]?.body, 'name,dob\n');
});

t.test('a request whose body is a stream is not repeated after a 429', async (t) => {
  const { client, received } = fakeServer(() => problem(429, 'too_many_requests', { 'retry-after': '1' }));
  for (const body of [new Blob(['name,dob\n']).stream(), Readable.from(['name,dob\n'])]) {
    await t.rejects(client.customers.POST('/customers/import', { body }), {
      code: 'too_many_requests',
    });
  }
  t.same(
    received.map(({ body }) => body),
    ['name,dob\n', 'name,dob\n'],
  );
});

t.test('downloads, streams and uploads have proofs', async (t) => {
  const server = await signedInServer();
  const { client, proofs } = server;
  server.answer = () => new Response('name,dob\n');
  await client.customers.GET('/customers/export');
  await client.customers.GET('/customers/export', { parseAs: 'stream' });
  server.answer = () => Response.json({ created: 1 });
  for (const body of ['a', new Blob(['a']), new Blob(['a']).stream(), Readable.from(['a'])]) {
    await client.customers.POST('/customers/import', { body });
  }
  const ofFiles = proofs.filter(({ htu }) => /customers/.test(`${htu}`));
  t.same(
    ofFiles.map(({ htm, ath }) => [htm, ath]),
    ['GET', 'GET', 'POST', 'POST', 'POST', 'POST'].map((method) => [method, hash('access-1')]),
  );
});

t.test('a stream that is used up is not repeated, but the next request has the new nonce', async (t) => {
  const server = await signedInServer();
  for (const [i, body] of [new Blob(['a']).stream(), Readable.from(['a'])].entries()) {
    server.nonce = `new-${i}`;
    const before = server.received.length;
    await t.rejects(server.client.customers.POST('/customers/import', { body }), {
      status: 401,
      code: 'use_dpop_nonce',
    });
    t.equal(server.received.length - before, 1);
    await server.client.auth.GET('/auth/me');
    t.equal(server.received.length - before, 2);
  }
});

/** This function is compiled, never called: the compiler must refuse each call in it. */
export async function mistakes({ customers }: Client): Promise<void> {
  // @ts-expect-error no such way to read an answer
  await customers.GET('/customers/export', { parseAs: 'csv' });
  // @ts-expect-error not a file
  await customers.POST('/customers/import', { body: [{ name: 'Ada Lovelace', dob: '1815-12-10' }] });
  // @ts-expect-error text, not a stream, without `parseAs`
  (await customers.GET('/customers/export')).data.getReader();
}
