import t from 'tap';
import { createClient, type KeyPair, memoryStorage, type TokenStorage } from '../src/index.ts';
import { dpopServer, signedInServer } from './support/dpop-server.ts';
import { fakeServer, invalidGrant, problem, signedIn, takesOnly, tokens } from './support/fake-server.ts';

/** A storage whose keys a test can see. */
function storageWithKeys() {
  const keys = new Map<string, KeyPair>();
  return { ...memoryStorage(), keys };
}

t.test('the key lasts as long as the tokens, and cannot be exported', async (t) => {
  const storage = storageWithKeys();
  const { keys } = storage;
  const { client, clock, proofs } = await signedInServer(storage);
  const first = (await storage.get())?.jkt ?? '';
  t.equal(first, proofs[0]?.key);
  t.same([...keys.keys()], [first]);
  t.equal(keys.get(first)?.privateKey.extractable, false);
  clock.nowMs += 600_000;
  await client.auth.GET('/auth/me');
  t.same([...keys.keys()], [first], 'a refresh keeps it');

  await client.signIn('bob', 'the builder');
  const second = (await storage.get())?.jkt ?? '';
  t.same([...keys.keys()], [second], 'the next sign-in has its own');
  t.not(second, first);
  t.equal(proofs.at(-1)?.key, second);
  await client.signOut();
  t.equal(keys.size, 0, 'a sign-out removes it');
});

t.test('a sign-in that fails leaves the tokens and their key as they were', async (t) => {
  const storage = storageWithKeys();
  const server = await signedInServer(storage);
  const before = await storage.get();
  server.answer = () => problem(401, 'invalid_credentials');
  await t.rejects(server.client.signIn('ada', 'an engine'), { code: 'invalid_credentials' });
  server.answer = () => undefined;
  t.same(await storage.get(), before);
  t.same([...storage.keys.keys()], [before?.jkt]);
  await server.client.auth.GET('/auth/me');
});

t.test('a session that is over takes its key along', async (t) => {
  const storage = storageWithKeys();
  const server = await signedInServer(storage);
  server.answer = () => invalidGrant();
  server.clock.nowMs += 600_000;
  await t.rejects(server.client.auth.GET('/auth/me'), { code: 'invalid_grant' });
  t.equal(await storage.get(), undefined);
  t.equal(storage.keys.size, 0);
});

t.test('clients that share a storage share the key', async (t) => {
  const one = await signedInServer();
  const other = createClient({
    baseUrl: 'https://api.example.com',
    tokens: one.storage,
    dpop: true,
    clock: one.clock,
    fetch: (request) => one.fetch(request),
  });
  await other.auth.GET('/auth/me');
  one.clock.nowMs += 600_000;
  await Promise.all([one.client.auth.GET('/auth/me'), other.auth.GET('/auth/me')]);
  t.equal(new Set(one.proofs.map(({ key }) => key)).size, 1);
});

t.test('the key comes before its tokens, and goes after them', async (t) => {
  const order: string[] = [];
  const keys = new Map<string, KeyPair>();
  const kept = memoryStorage();
  const storage: TokenStorage = {
    get: () => kept.get(),
    set: (next) => {
      order.push(next ? 'tokens' : 'no tokens');
      return kept.set(next);
    },
    keys: {
      get: async (jkt) => keys.get(jkt),
      set: async (jkt, key) => {
        order.push('key');
        keys.set(jkt, key);
      },
      delete: async (jkt) => {
        order.push('no key');
        keys.delete(jkt);
      },
    },
  };
  const { client } = await signedInServer(storage);
  await client.signOut();
  t.same(order, ['key', 'tokens', 'no tokens', 'no key']);
});

t.test('tokens without their key count as none', async (t) => {
  const { client, storage } = await signedInServer(storageWithKeys());
  const kept = await storage.get();
  t.ok(kept?.jkt);
  const { client: later, received } = dpopServer({ get: () => kept, set: () => undefined });
  await t.rejects(later.auth.GET('/auth/me'), { code: 'invalid_dpop_proof' });
  t.equal(received[0]?.headers.get('authorization'), null);
  await client.auth.GET('/auth/me');
});

t.test('a sign-out needs no key, and works for Bearer tokens too', async (t) => {
  const { storage: ofOther } = await signedInServer();
  const withoutKey = memoryStorage();
  await withoutKey.set(await ofOther.get());
  for (const storage of [withoutKey, signedIn()]) {
    const { client, received } = dpopServer(storage);
    await client.signOut();
    t.match(received, [{ operation: 'POST /auth/logout' }]);
    t.equal(await storage.get(), undefined);
  }
});

t.test('tokens of the other kind count as none, until the next sign-in', async (t) => {
  const bearer = dpopServer(signedIn());
  await t.rejects(bearer.client.auth.GET('/auth/me'));
  t.equal(bearer.received[0]?.headers.get('authorization'), null);
  const before = (await bearer.storage.get())?.refresh_token;
  await bearer.client.signIn('ada', 'the engine');
  await bearer.client.auth.GET('/auth/me');
  const ended = bearer.received.find(({ operation }) => operation === 'POST /auth/logout');
  t.strictSame(JSON.parse(ended?.body ?? ''), { refresh_token: before }, 'a thief may have the old ones');

  const storage = signedIn({ jkt: 'a key' });
  const { client, received } = fakeServer(
    (request) => (request.operation === 'POST /auth/login' ? tokens(7) : takesOnly('access-7')(request)),
    { storage },
  );
  await t.rejects(client.auth.GET('/auth/me'));
  t.equal(received[0]?.headers.get('authorization'), null);
  await client.signIn('ada', 'the engine');
  await client.auth.GET('/auth/me');
  t.notOk('jkt' in ((await storage.get()) ?? {}));
  t.ok(received.every(({ headers }) => !headers.has('dpop')));
});

t.test('Bearer tokens in place of bound ones are refused, and not stored', async (t) => {
  const server = dpopServer(storageWithKeys());
  server.answer = () => tokens(7);
  const refused = { status: 200, code: 'token_not_bound', detail: /Bearer/ };
  const error = await server.client.signIn('ada', 'the engine').catch((error: unknown) => error);
  t.match(error, refused);
  t.notMatch(JSON.stringify((error as Error).cause), /access-7|refresh-7/);
  t.equal(await server.storage.get(), undefined);
  const { operation, body } = server.received.at(-1) ?? {};
  t.equal(operation, 'POST /auth/logout');
  t.strictSame(JSON.parse(body ?? ''), { refresh_token: 'refresh-7' });

  server.answer = () => undefined;
  await server.client.signIn('ada', 'the engine');
  server.answer = () => tokens(7);
  server.clock.nowMs += 600_000;
  await t.rejects(server.client.auth.GET('/auth/me'), refused);
  t.match(await server.storage.get(), { access_token: 'access-1' });

  server.answer = () => new Response('<h1>Welcome to the airport</h1>');
  await t.rejects(server.client.signIn('ada', 'the engine'), { code: 'unexpected_answer' });
});

t.test('the type of bound tokens has no case', async (t) => {
  const server = dpopServer();
  server.answer = () => tokens(7, 'dpop');
  await server.client.signIn('ada', 'the engine');
  t.match(await server.storage.get(), { access_token: 'access-7' });
});

t.test('a page without the Web Crypto API gets an error that says so', async (t) => {
  const { client, received } = dpopServer();
  t.intercept(globalThis, 'crypto', { value: { getRandomValues: () => undefined } });
  await t.rejects(client.signIn('ada', 'the engine'), { message: /HTTPS/ });
  t.equal(received.length, 0);
});
