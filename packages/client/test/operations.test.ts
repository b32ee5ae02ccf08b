import t from 'tap';
import type { Client } from '../src/index.ts';
import { fakeServer, signedIn } from './support/fake-server.ts';

t.test('the client sends forms to /oauth, and JSON elsewhere', async (t) => {
  const { client, received } = fakeServer(() => Response.json({}), { storage: signedIn() });
  await client.auth.POST('/oauth/revoke', { body: { token: 'rt_1', client_id: 'app' } });
  await client.auth.POST('/auth/users', { body: { username: 'ada', password: 'the engine', scope: '' } });
  t.match(
    received.map(({ headers, body }) => [headers.get('content-type'), body]),
    [
      ['application/x-www-form-urlencoded', 'token=rt_1&client_id=app'],
      ['application/json', '{"username":"ada","password":"the engine","scope":""}'],
    ],
  );
});

t.test('a list in a form is one parameter for each value', async (t) => {
  const { client, received } = fakeServer(() => Response.json({}));
  const resource = ['https://api.example.com/a', 'https://api.example.com/b'];
  await client.auth.POST('/oauth/token', { body: { grant_type: 'client_credentials', resource } });
  t.equal(received[0]?.headers.get('content-type'), 'application/x-www-form-urlencoded');
  const sent = new URLSearchParams(received[0]?.body);
  t.same([...sent.keys()], ['grant_type', 'resource', 'resource']);
  t.same(sent.getAll('resource'), resource);
});

t.test('an answer that is not JSON is text', async (t) => {
  const { client } = fakeServer(() => new Response('<html>'), { storage: signedIn() });
  const query = {
    response_type: 'code',
    client_id: 'app',
    redirect_uri: 'https://app.example.com/',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
  } as const;
  t.equal((await client.auth.GET('/oauth/authorize', { params: { query } })).data, '<html>');
});

t.test('an integer parameter is a number, not a text', async (t) => {
  const { client, received } = fakeServer(() => Response.json({ items: [] }), { storage: signedIn() });
  await client.customers.GET('/customers', { params: { query: { n: 5 } } });
  t.equal(received[0]?.operation, 'GET /customers?n=5');
});

/** This function is compiled, never called: the compiler must refuse each call in it. */
export async function mistakes({ auth, customers }: Client): Promise<void> {
  // @ts-expect-error no such path
  await customers.GET('/customer');
  // @ts-expect-error a path of the other service
  await auth.GET('/customers');
  // @ts-expect-error no such method
  await customers.DELETE('/customers');
  // @ts-expect-error without a body
  await customers.POST('/customers');
  // @ts-expect-error without an id
  await customers.GET('/customers/{id}');
  const ada = { name: 'Ada Lovelace', dob: '1815-12-10' };
  const path = { id: '0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10' };
  // @ts-expect-error no such member
  await customers.POST('/customers', { body: { ...ada, born: '1815-12-10' } });
  // @ts-expect-error no such member, in a body without required members
  await customers.PATCH('/customers/{id}', { params: { path }, body: { nme: 'Ada King' } });
  // @ts-expect-error no such parameter
  await customers.GET('/customers', { params: { query: { n: 5, limt: 3 } } });
  // @ts-expect-error header parameters are in `header`
  await customers.PUT('/customers/{id}', { params: { path, headers: { 'If-Match': '"1"' } }, body: ada });
  // @ts-expect-error no such option
  await customers.GET('/customers', { query: { n: 5 } });
  // @ts-expect-error no such way to read an answer
  await customers.GET('/customers', { parseAs: 'csv' });
  // @ts-expect-error no such order
  customers.list({ sort: 'age' });
  // @ts-expect-error no such member of the answer
  (await auth.GET('/auth/me')).data.email;
}
