import t from 'tap';
import {
  fakeServer,
  invalidGrant,
  NOW_MS,
  problem,
  signedIn,
  tokenOf,
  tokens,
  unavailable,
} from './support/fake-server.ts';

t.test('signing in stores the new tokens, and sends no token', async (t) => {
  const storage = signedIn({ expires_at: 0 });
  const { client, received } = fakeServer(() => tokens(7), { storage });
  await client.signIn('ada', 'the engine');
  t.match(received, [{ operation: 'POST /auth/login', body: '{"username":"ada","password":"the engine"}' }]);
  t.same(received.map(tokenOf), [undefined]);
  t.match(await storage.get(), { access_token: 'access-7', expires_at: NOW_MS + 600_000 });
});

t.test('a wrong password is an ApiError after one attempt, and the tokens stay', async (t) => {
  const storage = signedIn();
  const { client, received } = fakeServer(() => problem(401, 'invalid_credentials'), { storage });
  await t.rejects(client.signIn('ada', 'an engine'), { status: 401, code: 'invalid_credentials' });
  t.equal(received.length, 1);
  t.match(await storage.get(), { access_token: 'access-0' });
});

t.test('signing out ends the session by its refresh token, and removes the tokens', async (t) => {
  for (const answer of [new Response(null, { status: 204 }), invalidGrant()]) {
    const storage = signedIn({ expires_at: 0 });
    const { client, received } = fakeServer(() => answer, { storage });
    await client.signOut();
    t.match(received, [{ operation: 'POST /auth/logout', body: '{"refresh_token":"refresh-0"}' }]);
    t.equal(await storage.get(), undefined);
    await client.signOut();
    t.equal(received.length, 1);
  }
});

t.test('a sign-out that fails keeps the tokens', async (t) => {
  const storage = signedIn();
  const { client, received } = fakeServer(() => unavailable(), { storage });
  await t.rejects(client.signOut(), { code: 'unavailable' });
  t.equal(received.length, 4);
  t.match(await storage.get(), { refresh_token: 'refresh-0' });
});

t.test('each sign-in has its own id, which stays the same through refreshes', async (t) => {
  const { client, storage, clock } = fakeServer(() => tokens(1));
  const ids: (string | undefined)[] = [];
  for (const _ of ['first', 'second']) {
    await client.signIn('ada', 'the engine');
    ids.push((await storage.get())?.sign_in);
    clock.nowMs += 600_000;
    await client.auth.GET('/auth/me');
    ids.push((await storage.get())?.sign_in);
  }
  const [first, afterRefresh, second, afterAnother] = ids;
  t.type(first, 'string');
  t.not(second, first);
  t.same([afterRefresh, afterAnother], [first, second]);
});
