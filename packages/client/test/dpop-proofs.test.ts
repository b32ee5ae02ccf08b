import t from 'tap';
import { dpopServer, hash, signedInServer, useNonce } from './support/dpop-server.ts';
import { problem, tokenOf, unavailable } from './support/fake-server.ts';

const ada = { name: 'Ada Lovelace', dob: '1815-12-10' };
const path = { id: '0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10' };

t.test('sign-in, requests and refreshes have proofs by one key, each with an id of its own', async (t) => {
  const { client, clock, proofs, received } = await signedInServer();
  await client.customers.GET('/customers', { params: { query: { n: 5 } } });
  clock.nowMs += 600_000;
  await client.auth.GET('/auth/me');
  t.match(
    proofs.map(({ operation, htm, htu, ath }) => [operation, htm, htu, ath]),
    [
      ['POST /auth/login', 'POST', 'https://api.example.com/auth/login', undefined],
      ['POST /auth/login', 'POST', 'https://api.example.com/auth/login', undefined],
      ['GET /customers?n=5', 'GET', 'https://api.example.com/customers', hash('access-1')],
      ['POST /auth/refresh', 'POST', 'https://api.example.com/auth/refresh', undefined],
      ['GET /auth/me', 'GET', 'https://api.example.com/auth/me', hash('access-2')],
    ],
  );
  t.equal(new Set(proofs.map(({ key }) => key)).size, 1);
  t.equal(new Set(proofs.map(({ jti }) => jti)).size, proofs.length);
  t.same(
    received.map(({ headers }) => headers.get('authorization')),
    [null, null, 'DPoP access-1', null, 'DPoP access-2'],
  );
});

t.test('requests without a token have no proof', async (t) => {
  const { client, received } = await signedInServer();
  await t.rejects(client.auth.POST('/oauth/revoke', { body: { token: 'rt_1' } }));
  await client.signOut();
  await t.rejects(client.auth.GET('/auth/me'));
  t.same(
    received.slice(2).map(({ headers }) => headers.get('dpop')),
    [null, null, null],
  );
});

t.test('each attempt has a proof of its own', async (t) => {
  const server = await signedInServer();
  server.answer = () => unavailable();
  await t.rejects(server.client.auth.GET('/auth/me'), { code: 'unavailable' });
  t.equal(server.proofs.filter(({ operation }) => operation === 'GET /auth/me').length, 4);
});

t.test('the client asks for no nonce twice: it takes the newest from each answer', async (t) => {
  const server = dpopServer();
  await server.client.signIn('ada', 'the engine');
  t.same(
    server.proofs.map(({ nonce }) => nonce),
    [undefined, 'nonce-1'],
  );
  server.answer = () => Response.json({}, { headers: { 'dpop-nonce': 'nonce-2' } });
  await server.client.auth.GET('/auth/me');
  server.answer = () => undefined;
  server.nonce = 'nonce-2';
  await server.client.auth.GET('/auth/me');
  await server.client.auth.GET('/auth/me');
  t.same(
    server.proofs.slice(2).map(({ nonce }) => nonce),
    ['nonce-1', 'nonce-2', 'nonce-2'],
  );
});

t.test('a refused nonce is answered with the new one, whatever the request', async (t) => {
  const server = await signedInServer();
  const { client, proofs, clock } = server;
  const calls = [
    () => client.customers.POST('/customers', { body: ada }),
    () => client.customers.PATCH('/customers/{id}', { params: { path }, body: { name: 'Ada King' } }),
    () => client.customers.GET('/customers'),
    () => client.auth.POST('/auth/logout-all'),
    () => client.signIn('ada', 'the engine'),
  ];
  for (const [i, call] of calls.entries()) {
    const before = proofs.length;
    server.nonce = `new-${i}`;
    await call();
    t.equal(proofs.length, before + 2);
    t.same(proofs.at(-1)?.nonce, `new-${i}`);
  }
  t.same(clock.sleptMs, [], 'at once');
  const bodies = server.received.filter(({ operation }) => operation === 'POST /customers');
  t.same(new Set(bodies.map(({ body }) => body)), new Set([JSON.stringify(ada)]));
  t.equal(new Set(bodies.map(({ headers }) => headers.get('idempotency-key'))).size, 1);
});

t.test('the refusal may have the form of OAuth 2.0', async (t) => {
  const server = dpopServer();
  server.refusal = () =>
    Response.json({ error: 'use_dpop_nonce' }, { status: 400, headers: { 'dpop-nonce': server.nonce } });
  await server.client.signIn('ada', 'the engine');
  t.equal(server.proofs.length, 2);
});

t.test('the client repeats once, and not with the nonce that was refused', async (t) => {
  let count = 0;
  for (const { refusal, attempts } of [
    { refusal: () => useNonce('nonce-1'), attempts: 1 },
    { refusal: () => useNonce('always the same'), attempts: 2 },
    { refusal: () => useNonce(`another-${count++}`), attempts: 2 },
    { refusal: () => new Response('{"error":"use_dpop_nonce"}', { status: 400 }), attempts: 1 },
  ]) {
    const server = await signedInServer();
    server.nonce = 'unknown';
    server.refusal = refusal;
    const before = server.received.length;
    await t.rejects(server.client.auth.GET('/auth/me'), { code: 'use_dpop_nonce' });
    t.equal(server.received.length - before, attempts);
    t.match(await server.storage.get(), { access_token: 'access-1' }, 'the user stays signed in');
  }
});

t.test('a hundred requests with an old nonce all succeed, after one repetition each', async (t) => {
  const server = await signedInServer();
  server.nonce = 'nonce-2';
  const before = server.received.length;
  await Promise.all(Array.from({ length: 100 }, () => server.client.auth.GET('/auth/me')));
  t.equal(server.received.length - before, 200);
});

t.test(
  'a request whose proof was used on the way is repeated once, if it has the same effect twice',
  async (t) => {
    const server = await signedInServer();
    const { auth, customers } = server.client;
    const calls = {
      'GET /auth/me': () => auth.GET('/auth/me'),
      'PUT /customers/{id}': () => customers.PUT('/customers/{id}', { params: { path }, body: ada }),
      'PATCH /customers/{id}': () => customers.PATCH('/customers/{id}', { params: { path }, body: {} }),
      'POST /auth/logout-all': () => auth.POST('/auth/logout-all'),
    };
    const attempts = async (call: () => Promise<unknown>, refusals: number) => {
      let count = 0;
      server.answer = () => {
        count += 1;
        return count <= refusals ? problem(401, 'invalid_dpop_proof') : undefined;
      };
      const code = await call().then(
        () => 'success',
        (error: { code: string }) => error.code,
      );
      return `${code} after ${count}`;
    };
    const found: Record<string, string> = {};
    for (const [name, call] of Object.entries(calls)) found[name] = await attempts(call, 1);
    t.same(found, {
      'GET /auth/me': 'success after 2',
      'PUT /customers/{id}': 'success after 2',
      'PATCH /customers/{id}': 'invalid_dpop_proof after 1',
      'POST /auth/logout-all': 'invalid_dpop_proof after 1',
    });
    t.equal(await attempts(calls['GET /auth/me'], 9), 'invalid_dpop_proof after 2');
  },
);

t.test('a refused token is renewed, and the request repeated with a proof for the new one', async (t) => {
  const server = await signedInServer();
  server.answer = (request) =>
    tokenOf(request) === 'access-1' ? Response.json({ code: 'invalid_token' }, { status: 401 }) : undefined;
  await server.client.auth.GET('/auth/me');
  t.equal(server.proofs.at(-1)?.ath, hash('access-2'));
});
