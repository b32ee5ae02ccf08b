import t from 'tap';
import {
  deferred,
  expired,
  fakeServer,
  invalidGrant,
  invalidToken,
  isRefresh,
  NOW_MS,
  problem,
  settled,
  signedIn,
  takesOnly,
  tokenOf,
  tokens,
  unavailable,
} from './support/fake-server.ts';

t.test('a token that another tab has stored is used instead of refreshing', async (t) => {
  const storage = signedIn();
  const { client, received } = fakeServer(
    (request) => {
      if (tokenOf(request) === 'access-0') storage.set({ ...stored(), access_token: 'access-1' });
      return takesOnly('access-1')(request);
    },
    { storage },
  );
  await client.auth.GET('/auth/me');
  t.same(received.map(tokenOf), ['access-0', 'access-1']);
});

t.test(
  'a token that another tab stored a moment before the refresh is used instead of refreshing',
  async (t) => {
    const kept = expired();
    let reads = 0;
    const storage: typeof kept = {
      ...kept,
      get: () => {
        reads += 1;
        if (reads === 2) kept.set({ ...stored(), access_token: 'access-1' });
        return kept.get();
      },
    };
    const { client, received } = fakeServer(takesOnly('access-1'), { storage });
    await client.auth.GET('/auth/me');
    t.same(received.map(tokenOf), ['access-1']);
  },
);

t.test('tokens that another tab stored during a refresh are used, also if the refresh fails', async (t) => {
  for (const answer of [tokens(1), invalidGrant(), unavailable('60')]) {
    const storage = expired();
    const { client } = fakeServer(
      (request) => {
        if (!isRefresh(request)) return takesOnly('access-2')(request);
        storage.set({ ...stored(), access_token: 'access-2', refresh_token: 'refresh-2' });
        return answer;
      },
      { storage },
    );
    await client.auth.GET('/auth/me');
    t.match(await storage.get(), { refresh_token: 'refresh-2' });
  }
});

t.test('a user who signs out during a refresh stays signed out', async (t) => {
  const storage = expired();
  const { client } = fakeServer(
    (request) => {
      if (isRefresh(request)) storage.set(undefined);
      return isRefresh(request) ? tokens(1) : problem(401, 'token_required');
    },
    { storage },
  );
  await t.rejects(client.auth.GET('/auth/me'), { code: 'token_required' });
  t.equal(await storage.get(), undefined);
});

t.test('a refusal that comes after a sign-out is thrown', async (t) => {
  const storage = signedIn();
  const { client, received } = fakeServer(
    () => {
      storage.set(undefined);
      return invalidToken();
    },
    { storage },
  );
  await t.rejects(client.auth.GET('/auth/me'), { code: 'invalid_token' });
  t.equal(received.length, 1);
});

t.test('a user who signs in during a sign-out stays signed in', async (t) => {
  const { client, storage } = fakeServer(
    async ({ operation }) => {
      if (operation === 'POST /auth/login') return tokens(7);
      await client.signIn('bob', 'the builder');
      return new Response(null, { status: 204 });
    },
    { storage: signedIn() },
  );
  await client.signOut();
  t.match(await storage.get(), { access_token: 'access-7' });
});

t.test('a sign-out removes the tokens also if another tab refreshes during it', async (t) => {
  const storage = signedIn({ sign_in: 'one' });
  const { client } = fakeServer(
    () => {
      storage.set({ ...stored(), access_token: 'access-1', sign_in: 'one' });
      return new Response(null, { status: 204 });
    },
    { storage },
  );
  await client.signOut();
  t.equal(await storage.get(), undefined);
});

t.test('a refused request is not repeated for another user who has signed in meanwhile', async (t) => {
  for (const before of [{}, { sign_in: 'one' }]) {
    const storage = signedIn(before);
    const { client, received } = fakeServer(
      async ({ operation }) => {
        if (operation === 'POST /auth/login') return tokens(7);
        if (operation === 'POST /auth/logout') return new Response(null, { status: 204 });
        await client.signOut();
        await client.signIn('bob', 'the builder');
        return invalidToken();
      },
      { storage },
    );
    const body = { current_password: 'the engine', new_password: 'the difference engine' };
    await t.rejects(client.auth.PUT('/auth/password', { body }), { status: 401, code: 'invalid_token' });
    t.same(
      received.map(({ operation }) => operation),
      ['PUT /auth/password', 'POST /auth/logout', 'POST /auth/login'],
    );
    t.match(await storage.get(), { access_token: 'access-7' });
  }
});

t.test('a refused request is not repeated for a user who has signed in in another tab', async (t) => {
  for (const expires_at of [NOW_MS, NOW_MS + 600_000]) {
    const storage = signedIn({ sign_in: 'one' });
    const { client, received } = fakeServer(
      () => {
        storage.set({ ...stored(), access_token: 'access-7', expires_at, sign_in: 'other' });
        return invalidToken();
      },
      { storage },
    );
    await t.rejects(client.auth.GET('/auth/me'), { status: 401, code: 'invalid_token' });
    t.same(received.map(tokenOf), ['access-0']);
  }
});

t.test('a refused request is repeated when another tab has refreshed the same sign-in', async (t) => {
  const storage = signedIn({ sign_in: 'one' });
  const { client, received } = fakeServer(
    (request) => {
      if (tokenOf(request) === 'access-0') {
        storage.set({ ...stored(), access_token: 'access-1', sign_in: 'one' });
      }
      return takesOnly('access-1')(request);
    },
    { storage },
  );
  await client.auth.GET('/auth/me');
  t.same(received.map(tokenOf), ['access-0', 'access-1']);
});

t.test('a request that waits for a refresh is not sent for a user who signs in meanwhile', async (t) => {
  const storage = signedIn({ expires_at: NOW_MS, sign_in: 'one' });
  const { client, received } = fakeServer(
    (request) => {
      if (!isRefresh(request)) return problem(401, 'token_required');
      storage.set({ ...stored(), access_token: 'access-7', refresh_token: 'refresh-7', sign_in: 'other' });
      return tokens(1);
    },
    { storage },
  );
  await t.rejects(client.auth.GET('/auth/me'), { code: 'token_required' });
  t.same(received.map(tokenOf), [undefined, undefined]);
  t.match(await storage.get(), { access_token: 'access-7' });
});

t.test('a user who signs in does not wait for the refresh of the tokens of another', async (t) => {
  const storage = signedIn({ expires_at: NOW_MS, sign_in: 'one' });
  const { promise: released, resolve: release } = deferred();
  const { client, received } = fakeServer(
    async (request) => {
      if (isRefresh(request) && request.body.includes('refresh-0')) await released;
      return takesOnly('access-1')(request);
    },
    { storage },
  );
  const call = client.auth.GET('/auth/me').catch(() => undefined);
  await settled();
  storage.set({ ...stored(), refresh_token: 'refresh-7', expires_at: NOW_MS, sign_in: 'other' });
  const call7 = client.auth.GET('/auth/me');
  await settled();
  t.same(received.map(tokenOf), [undefined, undefined, 'access-1']);
  release();
  await Promise.all([call, call7]);
  t.match(await storage.get(), { sign_in: 'other' });
});

t.test('in a slow storage a refresh does not overwrite a sign-in that is being stored', async (t) => {
  const { promise: released, resolve: release } = deferred();
  const kept = expired();
  const storage: typeof kept = {
    get: () => kept.get(),
    async set(next) {
      if (next?.access_token === 'access-7') release();
      await settled();
      await kept.set(next);
    },
  };
  const { client } = fakeServer(
    async (request) => {
      if (request.operation === 'POST /auth/login') return tokens(7);
      if (isRefresh(request)) await released;
      return takesOnly('access-7')(request);
    },
    { storage },
  );
  const call = client.auth.GET('/auth/me').catch(() => undefined);
  await client.signIn('bob', 'the builder');
  await call;
  t.match(await kept.get(), { access_token: 'access-7' });
});

t.test('in a slow storage a sign-out removes the tokens that a refresh stores meanwhile', async (t) => {
  const { promise: released, resolve: release } = deferred();
  const kept = expired();
  const storage: typeof kept = {
    get: () => kept.get(),
    async set(next) {
      if (next !== undefined) {
        release();
        await settled();
      }
      await kept.set(next);
    },
  };
  const { client } = fakeServer(
    async (request) => {
      if (request.operation !== 'POST /auth/logout') return takesOnly('access-1')(request);
      await released;
      return new Response(null, { status: 204 });
    },
    { storage },
  );
  const call = client.auth.GET('/auth/me').catch(() => undefined);
  await client.signOut();
  await call;
  t.equal(await kept.get(), undefined);
});

t.test('after a failed write the client writes to the storage again', async (t) => {
  const kept = signedIn();
  let isFull = true;
  const storage: typeof kept = {
    get: () => kept.get(),
    set: (next) => {
      if (isFull) throw new Error('full');
      return kept.set(next);
    },
  };
  const { client } = fakeServer(() => tokens(7), { storage });
  await t.rejects(client.signIn('bob', 'the builder'), { message: 'full' });
  isFull = false;
  await client.signIn('bob', 'the builder');
  t.match(await kept.get(), { access_token: 'access-7' });
});

function stored() {
  return { access_token: '', refresh_token: 'refresh-1', expires_at: NOW_MS + 600_000, scope: '' };
}
