import { randomBytes } from 'node:crypto';
import { createClient, memoryStorage, type Tokens } from '@pair/client';
import { waitFor } from '@pair/test-kit';
import t from 'tap';
import { sharedSystem } from './support/system.ts';

const { url, admin } = await sharedSystem(t);
/** Begins the names that this file gives: other files use the same system. */
const OWN = `a${randomBytes(4).toString('hex')}`;
/** The lifetime of an access token: once it has passed, a request waits for the next token. */
const LIFETIME_MS = 600_000;

/** A client with a clock of its own, and the tokens that the services have given to it. */
function newClient(tokens = memoryStorage()) {
  const given: Tokens[] = [];
  const clock = {
    aheadMs: 0,
    now: () => Date.now() + clock.aheadMs,
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };
  const network = { losesAnswer: (_path: string) => false };
  const client = createClient({
    baseUrl: url,
    tokens,
    clock,
    async fetch(request) {
      const response = await fetch(request);
      const { pathname } = new URL(request.url);
      if (/^\/auth\/(login|refresh)$/.test(pathname) && response.ok) {
        given.push((await response.clone().json()) as Tokens);
      }
      if (network.losesAnswer(pathname)) throw new TypeError('fetch failed');
      return response;
    },
  });
  return { client, clock, network, given, tokens };
}

async function signedIn(tokens = memoryStorage()) {
  const one = newClient(tokens);
  await one.client.signIn(admin.username, admin.password);
  return one;
}

t.test('the client creates, finds, changes and deletes a customer', async (t) => {
  const { client } = await signedIn();
  const { data: created, response } = await client.customers.POST('/customers', {
    body: { name: 'Ada Byron', dob: '1815-12-10' },
  });
  t.equal(response.status, 201);
  const path = { id: created.id };
  const found = await client.customers.GET('/customers/{id}', { params: { path } });
  t.same(found.data, created);
  const etag = found.response.headers.get('etag') ?? '';
  const unchanged = { path, header: { 'If-None-Match': etag } };
  await t.rejects(client.customers.GET('/customers/{id}', { params: unchanged }), { code: 'http_304' });
  const changed = await client.customers.PATCH('/customers/{id}', {
    params: { path, header: { 'If-Match': etag } },
    body: { name: 'Ada Lovelace' },
  });
  t.equal(changed.data.name, 'Ada Lovelace');
  await t.rejects(
    client.customers.PUT('/customers/{id}', {
      params: { path, header: { 'If-Match': etag } },
      body: { name: 'Ada King', dob: '1815-12-10' },
    }),
    { status: 412, code: 'precondition_failed' },
  );
  t.equal((await client.customers.DELETE('/customers/{id}', { params: { path } })).data, undefined);
  await t.rejects(client.customers.GET('/customers/{id}', { params: { path } }), {
    status: 404,
    code: 'not_found',
  });
});

t.test('an error lists the faults of the input', async (t) => {
  const { client } = await signedIn();
  await t.rejects(client.customers.POST('/customers', { body: { name: '', dob: '2023-02-29' } }), {
    status: 422,
    code: 'validation_failed',
    errors: [{ pointer: '/name' }, { pointer: '/dob' }],
    requestId: /^[0-9a-f]{32}$/,
  });
  await t.rejects(client.signIn('stranger', 'at all, never'), { status: 401, code: 'invalid_credentials' });
});

t.test('the client lists customers page by page', async (t) => {
  const { client } = await signedIn();
  const names = Array.from({ length: 45 }, (_, i) => `${OWN} ${String(i).padStart(3, '0')}`);
  await Promise.all(
    names.map((name) => client.customers.POST('/customers', { body: { name, dob: '1950-01-01' } })),
  );
  const listed: string[] = [];
  for await (const { name } of client.customers.list({ name: OWN, sort: 'name', limit: 7 }))
    listed.push(name);
  t.same(listed, names);
  const { data: youngest } = await client.customers.GET('/customers', { params: { query: { n: 5 } } });
  t.equal(youngest.items.length, 5);
});

t.test('the client lists users page by page', async (t) => {
  const { client } = await signedIn();
  const body = { username: `${OWN}-ada`, password: 'the analytical engine', scope: 'customers:read' };
  await client.auth.POST('/auth/users', { body });
  const usernames: string[] = [];
  for await (const { username } of client.auth.listUsers({ limit: 1 })) usernames.push(username);
  const own = [admin.username, `${OWN}-ada`].sort();
  t.same(usernames.filter((username) => own.includes(username)).sort(), own);
});

t.test('two tabs that refresh at the same moment get the same successor, and go on', async (t) => {
  const one = await signedIn();
  const other = newClient(one.tokens);
  for (const round of [1, 2, 3]) {
    one.clock.aheadMs = other.clock.aheadMs = round * LIFETIME_MS;
    const [first, second] = await Promise.all([
      one.client.auth.GET('/auth/me'),
      other.client.auth.GET('/auth/me'),
    ]);
    t.same(first.data, second.data);
    t.equal(one.given.at(-1)?.refresh_token, other.given.at(-1)?.refresh_token, 'the same successor');
    t.equal((await one.tokens.get())?.refresh_token, one.given.at(-1)?.refresh_token);
  }
  t.equal(one.given.length + other.given.length, 7);
  await one.client.signOut();
  await t.rejects(other.client.auth.GET('/auth/me'), { status: 401, code: 'token_required' });
});

t.test('a hundred requests at once refresh once', async (t) => {
  const { client, clock, given } = await signedIn();
  clock.aheadMs = LIFETIME_MS;
  const calls = Array.from({ length: 100 }, () => client.customers.GET('/customers'));
  t.equal((await Promise.all(calls)).length, 100);
  t.equal(given.length, 2);
});

t.test('a lost answer to a refresh does not end the session', async (t) => {
  const { client, clock, network, given, tokens } = await signedIn();
  clock.aheadMs = LIFETIME_MS;
  let isLost = true;
  network.losesAnswer = (path) => {
    const isFirst = isLost && path === '/auth/refresh';
    if (isFirst) isLost = false;
    return isFirst;
  };
  await client.auth.GET('/auth/me');
  const [, lost, kept] = given;
  t.equal(lost?.refresh_token, kept?.refresh_token);
  t.equal((await tokens.get())?.refresh_token, kept?.refresh_token);
  await client.signOut();
});

t.test('after a revocation elsewhere the client reports invalid_grant, and forgets its tokens', async (t) => {
  const [here, elsewhere] = [await signedIn(), await signedIn()];
  await here.client.auth.GET('/auth/me');
  await elsewhere.client.auth.POST('/auth/logout-all');
  let code: string | undefined;
  await waitFor(async () => {
    const error = await here.client.customers.GET('/customers').catch((error: { code: string }) => error);
    code = 'code' in error ? error.code : undefined;
    return code !== undefined;
  });
  t.equal(code, 'invalid_grant');
  t.equal(await here.tokens.get(), undefined);
});

t.test('a confidential operation is sent as a form, and fails without credentials', async (t) => {
  const { client } = await signedIn();
  const body = { token: 'rt_unknown' };
  await t.rejects(client.auth.POST('/oauth/introspect', { body }), { status: 401, code: 'invalid_client' });
});
