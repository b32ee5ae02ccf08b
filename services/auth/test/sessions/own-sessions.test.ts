import type { FastifyInstance } from 'fastify';
import t from 'tap';
import {
  get,
  login,
  makeUser,
  post,
  refusedWithin1s,
  startAuth,
  type Tokens,
} from '../support/auth-under-test.ts';

const auth = await startAuth(t);
const { app } = auth;

interface Session {
  id: string;
  created_at: string;
  last_used_at: string;
  address: string;
  user_agent: string;
  current: boolean;
}

const list = async (token: string) =>
  (await get(app, '/auth/sessions', token)).json<{ items: Session[] }>().items;

const end = (id: string, token: string, server: FastifyInstance = app) =>
  server.inject({
    method: 'DELETE',
    url: `/auth/sessions/${id}`,
    headers: { authorization: `Bearer ${token}` },
  });

t.test(
  'a user sees each own session: creation, last use, address, user agent, and the current one',
  async (t) => {
    const { credentials } = await makeUser(app, 'lister');
    const phone = await app.inject({
      method: 'POST',
      url: '/auth/login',
      payload: credentials,
      headers: { 'user-agent': 'a phone' },
      remoteAddress: '192.0.2.1',
    });
    const laptop = await login(app, credentials);
    const refreshed = await app.inject({
      method: 'POST',
      url: '/auth/refresh',
      payload: { refresh_token: phone.json<Tokens>().refresh_token },
      headers: { 'user-agent': 'a phone, abroad' },
      remoteAddress: '198.51.100.1',
    });
    const items = await list(laptop.access_token);
    t.equal(items.length, 2);
    t.match(items[0], { address: '198.51.100.1', user_agent: 'a phone, abroad', current: false });
    t.match(items[1], { address: '127.0.0.1', current: true });
    for (const { created_at, last_used_at } of items) {
      t.match(created_at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
      t.ok(last_used_at >= created_at);
    }
    const own = await list(refreshed.json<Tokens>().access_token);
    t.match(own[0], { address: '198.51.100.1', current: true });
  },
);

t.test('a session ends another: every process refuses its tokens within a second', async (t) => {
  const other = await auth.another();
  const { credentials } = await makeUser(app, 'remote');
  const [lost, kept] = [await login(app, credentials), await login(app, credentials)];
  const session = (await list(kept.access_token)).find(({ current }) => !current);
  const response = await end(session?.id ?? '', kept.access_token);
  t.equal(response.statusCode, 204);
  t.ok(await refusedWithin1s(app, lost.access_token));
  t.ok(await refusedWithin1s(other, lost.access_token));
  const { refresh_token } = lost;
  t.equal((await post(app, '/auth/refresh', { refresh_token })).statusCode, 401);
  t.equal((await get(app, '/auth/me', kept.access_token)).statusCode, 200);
  t.equal((await list(kept.access_token)).length, 1);
});

t.test('the session of another user is 404', async (t) => {
  const [mine, theirs] = [await makeUser(app, 'mine'), await makeUser(app, 'theirs')];
  const [me, them] = [await login(app, mine.credentials), await login(app, theirs.credentials)];
  const [session] = await list(them.access_token);
  t.match((await end(session?.id ?? '', me.access_token)).json(), { status: 404, code: 'not_found' });
  t.equal((await get(app, '/auth/me', them.access_token)).statusCode, 200);
});

t.test('the id of a session is checked, and a request without a token is 401', async (t) => {
  const { access_token } = await login(app);
  t.equal((await end('no-such-session', access_token)).statusCode, 400);
  t.equal((await end('A'.repeat(22), access_token)).statusCode, 404);
  t.equal((await get(app, '/auth/sessions')).statusCode, 401);
});

t.test('a user can end the current session', async (t) => {
  const { credentials } = await makeUser(app, 'leaver');
  const { access_token } = await login(app, credentials);
  const [session] = await list(access_token);
  t.equal((await end(session?.id ?? '', access_token)).statusCode, 204);
  t.ok(await refusedWithin1s(app, access_token));
});

t.test('a flood with a stolen token does not keep the user from signing out everywhere', async (t) => {
  const limited = await auth.another({ SUBJECT_RATE_LIMIT: 1, SUBJECT_RATE_BURST: 1 });
  const { credentials } = await makeUser(app, 'robbed');
  const [stolen, own] = [await login(app, credentials), await login(app, credentials)];
  while ((await get(limited, '/auth/me', stolen.access_token)).statusCode !== 429);
  t.equal((await get(limited, '/auth/me', own.access_token)).statusCode, 429);
  t.equal((await post(limited, '/auth/logout-all', undefined, own.access_token)).statusCode, 204);
  t.ok(await refusedWithin1s(app, stolen.access_token));
});
