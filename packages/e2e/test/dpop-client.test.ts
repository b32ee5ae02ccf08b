import { createClient, memoryStorage, type TokenStorage } from '@pair/client';
import t from 'tap';
import { sharedSystem } from './support/system.ts';

const { url, admin } = await sharedSystem(t);
/** The lifetime of an access token: once it has passed, a request waits for the next token. */
const LIFETIME_MS = 600_000;

/** A client whose tokens are bound to a key, with a clock of its own, and the requests that it sends. */
function newClient(tokens: TokenStorage = memoryStorage()) {
  const clock = {
    aheadMs: 0,
    now: () => Date.now() + clock.aheadMs,
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };
  const sent: { operation: string; proof: string | null; status: number }[] = [];
  const client = createClient({
    baseUrl: url,
    tokens,
    dpop: true,
    clock,
    async fetch(request) {
      const response = await fetch(request);
      const operation = `${request.method} ${new URL(request.url).pathname}`;
      sent.push({ operation, proof: request.headers.get('dpop'), status: response.status });
      return response;
    },
  });
  return { client, clock, sent, tokens };
}

async function signedIn() {
  const one = newClient();
  await one.client.signIn(admin.username, admin.password);
  return one;
}

t.test('a client with DPoP does all that another client does', async (t) => {
  const { client, clock, sent, tokens } = await signedIn();
  const { data: ada } = await client.customers.POST('/customers', {
    body: { name: 'Ada Byron', dob: '1815-12-10' },
  });
  const path = { id: ada.id };
  const { response } = await client.customers.GET('/customers/{id}', { params: { path } });
  clock.aheadMs = LIFETIME_MS;
  const changed = await client.customers.PATCH('/customers/{id}', {
    params: { path, header: { 'If-Match': response.headers.get('etag') ?? '' } },
    body: { name: 'Ada Lovelace' },
  });
  t.equal(changed.data.name, 'Ada Lovelace');
  const names: string[] = [];
  for await (const { name } of client.customers.list({ name: 'Ada Lovelace', limit: 1 })) names.push(name);
  t.ok(names.includes('Ada Lovelace'));
  await client.customers.DELETE('/customers/{id}', { params: { path } });

  const proofs = sent.flatMap(({ proof }) => proof ?? []);
  t.equal(new Set(proofs).size, proofs.length, 'each proof is sent once');
  t.equal(new Set(proofs.map((proof) => proof.split('.')[0])).size, 1, 'all are of one key');
  const { access_token: accessToken = '', jkt } = (await tokens.get()) ?? {};
  const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString());
  t.match(claims, { cnf: { jkt } });
  await client.signOut();
  await t.rejects(client.auth.GET('/auth/me'), { code: 'token_required' });
});

t.test(
  'only requests without a nonce are refused for it: the client takes the next one in time',
  async (t) => {
    const { client, sent } = await signedIn();
    await Promise.all(Array.from({ length: 100 }, () => client.customers.GET('/customers')));
    const refused = sent.filter(({ status }) => status === 401).map(({ operation }) => operation);
    t.same(refused, ['POST /auth/login']);
  },
);

t.test('stolen tokens are worth nothing without the key, and the user stays signed in', async (t) => {
  const { client, tokens } = await signedIn();
  const stolen = await tokens.get();
  const post = (path: string, body: object) =>
    fetch(url + path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  for (const scheme of ['Bearer', 'DPoP']) {
    const authorization = `${scheme} ${stolen?.access_token}`;
    t.equal((await fetch(`${url}/auth/me`, { headers: { authorization } })).status, 401, scheme);
  }
  t.equal((await post('/auth/refresh', { refresh_token: stolen?.refresh_token })).status, 401);
  const thief = newClient({ get: () => stolen, set: () => undefined });
  await t.rejects(thief.client.auth.GET('/auth/me'), { code: 'token_required' });
  t.equal((await client.auth.GET('/auth/me')).data.username, admin.username);
});

t.test('two tabs that refresh at the same moment get the same successor', async (t) => {
  const one = await signedIn();
  const other = newClient(one.tokens);
  for (const round of [1, 2, 3]) {
    one.clock.aheadMs = other.clock.aheadMs = round * LIFETIME_MS;
    const [first, second] = await Promise.all([
      one.client.auth.GET('/auth/me'),
      other.client.auth.GET('/auth/me'),
    ]);
    t.same(first.data, second.data);
  }
  await one.client.signOut();
  await t.rejects(other.client.auth.GET('/auth/me'), { code: 'token_required' });
});
