import t from 'tap';
import { ApiError, memoryStorage } from '../src/index.ts';
import {
  almostExpired,
  deferred,
  expired,
  fakeServer,
  invalidGrant,
  invalidToken,
  isRefresh,
  NOW_MS,
  problem,
  refreshes,
  settled,
  signedIn,
  takesOnly,
  tokenOf,
  tokens,
  unavailable,
} from './support/fake-server.ts';

t.test('a token that is valid for more than half a minute is sent, and not renewed', async (t) => {
  const storage = signedIn({ expires_at: NOW_MS + 30_001 });
  const { client, received } = fakeServer(takesOnly('access-0'), { storage });
  t.equal((await client.auth.GET('/auth/me')).data.username, 'ada');
  await settled();
  t.same(received.map(tokenOf), ['access-0']);
});

t.test('a token that expires soon is sent at once, and renewed in the background', async (t) => {
  const storage = almostExpired();
  const { promise: released, resolve: release } = deferred();
  const { client, received } = fakeServer(
    async (request) => {
      if (!isRefresh(request)) return Response.json({ username: 'ada' });
      await released;
      return tokens(1);
    },
    { storage },
  );
  await client.auth.GET('/auth/me');
  await client.auth.GET('/auth/me');
  release();
  await settled();
  await client.auth.GET('/auth/me');
  const requests = received.filter((request) => !isRefresh(request));
  t.same(requests.map(tokenOf), ['access-0', 'access-0', 'access-1']);
  t.equal(refreshes(received), 1);
});

t.test('an expired token is renewed before the request, and the new tokens are stored', async (t) => {
  for (const leftMs of [0, 2_000]) {
    const storage = signedIn({ expires_at: NOW_MS + leftMs });
    const { client, received } = fakeServer(takesOnly('access-1'), { storage });
    await client.auth.GET('/auth/me');
    t.same(
      received.map(({ operation }) => operation),
      ['POST /auth/refresh', 'GET /auth/me'],
    );
    t.same(received[0]?.body, JSON.stringify({ refresh_token: 'refresh-0' }));
    t.equal(received[0]?.headers.get('authorization'), null);
    t.same(await storage.get(), {
      access_token: 'access-1',
      refresh_token: 'refresh-1',
      expires_at: NOW_MS + 600_000,
      scope: 'customers:read',
    });
  }
});

t.test('a refused token is renewed, and the request repeated with its body', async (t) => {
  const { client, received } = fakeServer(takesOnly('access-1'), { storage: signedIn() });
  await client.customers.POST('/customers', { body: { name: 'Ada', dob: '1815-12-10' } });
  t.same(received.map(tokenOf), ['access-0', undefined, 'access-1']);
  t.equal(received[2]?.body, '{"name":"Ada","dob":"1815-12-10"}');
});

t.test('a refused request is repeated only once', async (t) => {
  const { client, received } = fakeServer(takesOnly('none'), { storage: signedIn() });
  await t.rejects(client.auth.GET('/auth/me'), { status: 401, code: 'invalid_token' });
  t.same(received.map(tokenOf), ['access-0', undefined, 'access-1']);
});

t.test('a 401 for another reason than the token causes no refresh', async (t) => {
  const { client, received } = fakeServer(() => problem(401, 'token_required'), { storage: signedIn() });
  await t.rejects(client.auth.GET('/auth/me'), { code: 'token_required' });
  t.equal(received.length, 1);
});

t.test('all waiting requests share one refresh', async (t) => {
  for (const storage of [expired(), signedIn()]) {
    const { client, received } = fakeServer(takesOnly('access-1'), { storage });
    await Promise.all(Array.from({ length: 100 }, () => client.auth.GET('/auth/me')));
    t.equal(refreshes(received), 1);
  }
});

t.test('all waiting requests share one refresh with an asynchronous storage too', async (t) => {
  const kept = expired();
  const later = () => new Promise((resolve) => setImmediate(resolve));
  const storage: typeof kept = {
    get: async () => {
      await later();
      return kept.get();
    },
    set: async (tokens) => {
      await later();
      await kept.set(tokens);
    },
  };
  const { client, received } = fakeServer(takesOnly('access-1'), { storage });
  await Promise.all(Array.from({ length: 100 }, () => client.auth.GET('/auth/me')));
  t.equal(refreshes(received), 1);
});

t.test('a refused refresh token is removed, and each waiting request gets the error', async (t) => {
  const storage = expired();
  const { client, received } = fakeServer(invalidGrant, { storage });
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => client.auth.GET('/auth/me')));
  for (const result of results) t.match(result, { reason: { status: 401, code: 'invalid_grant' } });
  t.equal(received.length, 1);
  t.equal(await storage.get(), undefined);
});

t.test('a refresh that gets 503 is repeated, and the tokens stay', async (t) => {
  const storage = expired();
  const before = await storage.get();
  let isAway = true;
  const server = fakeServer((request) => (isAway ? unavailable() : takesOnly('access-1')(request)), {
    storage,
  });
  await t.rejects(server.client.auth.GET('/auth/me'), { code: 'unavailable', retryAfterSeconds: 1 });
  t.equal(refreshes(server.received), 4);
  t.same(await storage.get(), before);
  isAway = false;
  t.equal((await server.client.auth.GET('/auth/me')).data.username, 'ada');
});

t.test('a refused token is not sent again while it cannot be renewed', async (t) => {
  const { client, received } = fakeServer(
    (request) => (isRefresh(request) ? unavailable('60') : takesOnly('access-1')(request)),
    { storage: signedIn() },
  );
  await t.rejects(client.auth.GET('/auth/me'), { status: 503, code: 'unavailable' });
  t.same(received.map(tokenOf), ['access-0', undefined]);
});

t.test('an answer without tokens, from a captive portal for example, replaces no token', async (t) => {
  for (const answer of [{}, [], null, { access_token: 'a', expires_in: 600, scope: '' }]) {
    for (const storage of [expired(), almostExpired()]) {
      const before = await storage.get();
      const { client } = fakeServer(
        (request) => Response.json(isRefresh(request) ? answer : { username: 'ada' }),
        { storage },
      );
      if (before?.expires_at === NOW_MS) {
        await t.rejects(client.auth.GET('/auth/me'), { status: 200, code: 'unexpected_answer' });
      } else t.equal((await client.auth.GET('/auth/me')).data.username, 'ada');
      await settled();
      t.same(await storage.get(), before);
      await t.rejects(client.signIn('ada', 'the engine'), { code: /unexpected_answer/ });
    }
  }
});

t.test('a stored text that cannot be a refresh token is removed', async (t) => {
  const storage = expired();
  const { client } = fakeServer(() => problem(422, 'validation_failed'), { storage });
  await t.rejects(client.auth.GET('/auth/me'), { status: 422, code: 'validation_failed' });
  t.equal(await storage.get(), undefined);
});

t.test('a public operation is called without a token, and without a refresh', async (t) => {
  const { client, received } = fakeServer(() => Response.json({}), { storage: expired() });
  await client.auth.GET('/.well-known/jwks.json');
  await client.auth.POST('/oauth/token', { body: { grant_type: 'client_credentials' } });
  t.same(received.map(tokenOf), [undefined, undefined]);
});

t.test('userinfo gets the token, and a new one if the OAuth 2.0 error refuses the first', async (t) => {
  const user = { sub: '0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10', preferred_username: 'ada' };
  const { client, received } = fakeServer(
    (request) => {
      if (isRefresh(request)) return tokens(1);
      if (tokenOf(request) === 'access-1') return Response.json(user);
      return Response.json({ error: 'invalid_token', error_description: 'Expired.' }, { status: 401 });
    },
    { storage: signedIn() },
  );
  t.same((await client.auth.GET('/oauth/userinfo')).data, user);
  t.same(received.map(tokenOf), ['access-0', undefined, 'access-1']);
});

t.test('the Authorization header of the caller stays', async (t) => {
  const { client, received } = fakeServer(() => Response.json({ username: 'ada' }), { storage: signedIn() });
  await client.auth.GET('/auth/me', { headers: { Authorization: 'Bearer mine' } });
  t.same(received.map(tokenOf), ['mine']);
});

t.test('a valid token is used while it cannot be renewed, and no request waits', async (t) => {
  for (const refusal of [() => unavailable(), () => Response.error()]) {
    const { client, received, clock } = fakeServer(
      (request) => (isRefresh(request) ? refusal() : takesOnly('access-0')(request)),
      { storage: almostExpired() },
    );
    t.equal((await client.auth.GET('/auth/me')).data.username, 'ada');
    t.same(clock.sleptMs, []);
    await settled();
    t.equal((await client.auth.GET('/auth/me')).data.username, 'ada');
    t.ok(refreshes(received) > 0);
  }
});

t.test('a refresh in the background is repeated after Retry-After, or after a second', async (t) => {
  const failure = () => {
    throw new TypeError('fetch failed');
  };
  for (const { refusal, pauseMs, attempts } of [
    { refusal: () => unavailable('6'), pauseMs: 6_000, attempts: 1 },
    { refusal: () => unavailable('0'), pauseMs: 1_000, attempts: 4 },
    { refusal: () => problem(503, 'unavailable'), pauseMs: 1_000, attempts: 1 },
    { refusal: failure, pauseMs: 1_000, attempts: 2 },
  ]) {
    const { client, received, clock } = fakeServer(
      (request) => (isRefresh(request) ? refusal() : takesOnly('access-0')(request)),
      { storage: almostExpired() },
    );
    const refreshesAfter = async (ms: number) => {
      clock.nowMs += ms;
      await client.auth.GET('/auth/me');
      await settled();
      return refreshes(received);
    };
    t.equal(await refreshesAfter(0), attempts);
    t.equal(await refreshesAfter(pauseMs - 1), attempts);
    t.equal(await refreshesAfter(1), 2 * attempts);
  }
});

t.test('a request with a refused token waits for the running refresh, and fails if that fails', async (t) => {
  for (const { answer, outcome } of [
    { answer: () => tokens(1), outcome: { status: 'fulfilled' } },
    { answer: () => unavailable('60'), outcome: { reason: { status: 503, code: 'unavailable' } } },
  ]) {
    const { promise: released, resolve: release } = deferred();
    const { client, received } = fakeServer(
      async (request) => {
        if (!isRefresh(request)) return takesOnly('access-1')(request);
        await released;
        return answer();
      },
      { storage: almostExpired() },
    );
    const call = Promise.allSettled([client.auth.GET('/auth/me')]);
    await settled();
    release();
    t.match(await call, [outcome]);
    t.equal(refreshes(received), 1);
  }
});

t.test('a refused token is renewed also after a refresh in the background has failed', async (t) => {
  const { client, received } = fakeServer(
    async (request) => {
      if (isRefresh(request)) return refreshes(received) === 1 ? unavailable('60') : tokens(1);
      await settled();
      return takesOnly('access-1')(request);
    },
    { storage: almostExpired() },
  );
  t.equal((await client.auth.GET('/auth/me')).data.username, 'ada');
  t.equal(refreshes(received), 2);
});

t.test('a refresh token that is refused in the background is removed', async (t) => {
  const storage = almostExpired();
  const { client } = fakeServer(
    (request) => (isRefresh(request) ? invalidGrant() : Response.json({ username: 'ada' })),
    { storage },
  );
  t.equal((await client.auth.GET('/auth/me')).data.username, 'ada');
  await settled();
  t.equal(await storage.get(), undefined);
});

t.test('a refresh whose answer is lost is repeated at once', async (t) => {
  let isLost = true;
  const { client, received, clock } = fakeServer(
    (request) => {
      if (!isLost || !isRefresh(request)) return takesOnly('access-1')(request);
      isLost = false;
      throw new TypeError('fetch failed');
    },
    { storage: expired() },
  );
  t.equal((await client.auth.GET('/auth/me')).data.username, 'ada');
  t.equal(received[1]?.body, received[0]?.body);
  t.same(clock.sleptMs, []);
});

t.test('a refresh without an answer is aborted after eight seconds', async (t) => {
  const timeout = () => AbortSignal.abort(new DOMException('too slow', 'TimeoutError'));
  const timeouts = t.capture(AbortSignal, 'timeout', timeout);
  const { client } = fakeServer(takesOnly('access-1'), { storage: expired() });
  await t.rejects(client.auth.GET('/auth/me'), { name: 'TimeoutError' });
  t.match(timeouts(), [{ args: [8_000] }, { args: [8_000] }]);
});

t.test('one caller can abort its wait for a refresh, and the others still get it', async (t) => {
  const { promise: released, resolve: release } = deferred();
  const { client, received } = fakeServer(
    async (request) => {
      if (isRefresh(request)) await released;
      return takesOnly('access-1')(request);
    },
    { storage: expired() },
  );
  const leaving = new AbortController();
  const left = client.auth.GET('/auth/me', { signal: leaving.signal });
  const stayed = client.auth.GET('/auth/me');
  leaving.abort(new Error('cancelled'));
  await t.rejects(left, { message: 'cancelled' });
  release();
  t.equal((await stayed).data.username, 'ada');
  t.equal(received.length, 2);
});

t.test('a caller whose token was refused can abort while it is renewed', async (t) => {
  const leaving = new AbortController();
  const { client } = fakeServer(
    (request) => {
      if (!isRefresh(request)) return invalidToken();
      leaving.abort(new Error('cancelled'));
      return new Promise<Response>(() => undefined);
    },
    { storage: signedIn() },
  );
  const left = client.auth.GET('/auth/me', { signal: leaving.signal });
  await t.rejects(left, { message: 'cancelled' });
});

t.test('without stored tokens a request is sent without one, and its refusal is thrown', async (t) => {
  const { client, received } = fakeServer(() => problem(401, 'token_required'), { storage: memoryStorage() });
  await t.rejects(client.auth.GET('/auth/me'), ApiError);
  t.same(received.map(tokenOf), [undefined]);
});
