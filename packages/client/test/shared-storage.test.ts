import t from 'tap';
import {
  expired,
  fakeServer,
  invalidGrant,
  invalidToken,
  isRefresh,
  NOW_MS,
  problem,
  signedIn,
  takesOnly,
  tokenOf,
  tokens,
  unavailable,
} from './support.ts';

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

t.test('tokens that another tab stored during a refresh are used, however that refresh ends', async (t) => {
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

t.test('who signs out while a refresh is under way stays signed out', async (t) => {
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

t.test('who signs out while a request is refused gets that refusal', async (t) => {
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

function stored() {
  return { access_token: '', refresh_token: 'refresh-0', expires_at: NOW_MS + 600_000, scope: '' };
}
