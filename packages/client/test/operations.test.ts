import t from 'tap';
import { fakeServer, signedIn } from './support.ts';

t.test('forms go to /oauth, JSON everywhere else', async (t) => {
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

t.test('what is not JSON is text, unless it is asked for as something else', async (t) => {
  const { client } = fakeServer(() => new Response('id,name'), { storage: signedIn() });
  t.equal((await client.customers.GET('/customers/export')).data, 'id,name');
  const { data } = await client.customers.GET('/customers/export', { parseAs: 'stream' });
  t.type(data, ReadableStream);
  const query = {
    response_type: 'code',
    client_id: 'app',
    redirect_uri: 'https://app.example.com/',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
  } as const;
  t.equal((await client.auth.GET('/oauth/authorize', { params: { query } })).data, 'id,name');
});

t.test('an integer in a query is a number here', async (t) => {
  const { client, received } = fakeServer(() => Response.json({ items: [] }), { storage: signedIn() });
  await client.customers.GET('/customers', { params: { query: { n: 5 } } });
  t.equal(received[0]?.operation, 'GET /customers?n=5');
});
