import t from 'tap';
import {
  get,
  login,
  makeUser,
  patch,
  post,
  refusedWithin1s,
  startAuth,
  type Tokens,
} from '../support/auth-under-test.ts';

const auth = await startAuth(t);
const { app } = auth;
/** A process without a replay window. */
const strict = await auth.another({ REFRESH_REPLAY_WINDOW_SECONDS: 0 });
const refresh = (refresh_token: string, server = app) => post(server, '/auth/refresh', { refresh_token });
const statuses = (answers: { statusCode: number }[]) => answers.map(({ statusCode }) => statusCode).sort();

t.test('a refresh token gets a new access token and the next refresh token', async (t) => {
  const first = await login(app);
  const response = await refresh(first.refresh_token);
  t.equal(response.statusCode, 200);
  t.equal(response.headers['cache-control'], 'no-store');
  const second = response.json<Tokens>();
  t.match(second, { token_type: 'Bearer', expires_in: 600, scope: first.scope });
  t.not(second.refresh_token, first.refresh_token);
  t.equal((await get(app, '/auth/me', second.access_token)).statusCode, 200);
  t.equal((await refresh(second.refresh_token)).statusCode, 200);
});

t.test(
  'a reused refresh token is refused and ends its session: the newest refresh token and every access token',
  async (t) => {
    const first = await login(app);
    const second = (await refresh(first.refresh_token)).json<Tokens>();
    const third = (await refresh(second.refresh_token)).json<Tokens>();
    const reused = await refresh(first.refresh_token);
    t.equal(reused.statusCode, 401);
    t.match(reused.json(), { code: 'invalid_grant' });
    t.equal((await refresh(third.refresh_token)).statusCode, 401);
    for (const { access_token } of [first, second, third]) {
      t.ok(await refusedWithin1s(app, access_token), 'refused within a second');
    }
    t.match(auth.logged(), 'refresh token reused: session ended');
  },
);

t.test(
  'a refresh whose answer was lost is repeated: the same successor, and a new access token',
  async (t) => {
    const first = await login(app);
    const lost = (await refresh(first.refresh_token)).json<Tokens>();
    const repeated = await refresh(first.refresh_token);
    t.equal(repeated.statusCode, 200);
    t.equal(repeated.json<Tokens>().refresh_token, lost.refresh_token);
    t.not(repeated.json<Tokens>().access_token, lost.access_token);
    t.equal((await get(app, '/auth/me', repeated.json<Tokens>().access_token)).statusCode, 200);
    t.equal((await refresh(lost.refresh_token)).statusCode, 200);
  },
);

t.test(
  'all of 100 concurrent refreshes of one token, at two processes, get the same successor',
  async (t) => {
    const other = await auth.another();
    const { refresh_token } = await login(app);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => refresh(refresh_token, i % 2 === 0 ? app : other)),
    );
    t.same(statuses(answers), Array(100).fill(200));
    const successors = new Set(answers.map((answer) => answer.json<Tokens>().refresh_token));
    t.equal(successors.size, 1);
    for (const successor of successors) t.equal((await refresh(successor)).statusCode, 200);
  },
);

t.test('with the window at 0, the token that was just used ends the session', async (t) => {
  const first = await login(strict);
  const second = (await refresh(first.refresh_token, strict)).json<Tokens>();
  t.match((await refresh(first.refresh_token, strict)).json(), { status: 401, code: 'invalid_grant' });
  t.equal((await refresh(second.refresh_token, strict)).statusCode, 401);
});

t.test('a repeated refresh after the session was signed out is refused', async (t) => {
  const first = await login(app);
  const second = (await refresh(first.refresh_token)).json<Tokens>();
  await post(app, '/auth/logout', undefined, second.access_token);
  t.equal((await refresh(first.refresh_token)).statusCode, 401);
});

t.test('a refresh can ask for fewer scopes for one access token, and not for more', async (t) => {
  const { credentials } = await makeUser(app, 'narrowed', 'customers:read customers:write');
  const { refresh_token } = await login(app, credentials);
  const wider = await post(app, '/auth/refresh', { refresh_token, scope: 'customers:read users:admin' });
  t.match(wider.json(), { status: 422, code: 'invalid_scope' });
  const narrow = await post(app, '/auth/refresh', { refresh_token, scope: 'customers:read' });
  t.equal(
    narrow.json<Tokens>().scope,
    'customers:read',
    'the refusal before it had no effect on the session',
  );
  const next = (await refresh(narrow.json<Tokens>().refresh_token)).json<Tokens>();
  t.equal(next.scope, 'customers:read customers:write');
});

t.test('a token with a wrong family secret reveals nothing about the scopes of a session', async (t) => {
  const { refresh_token } = await login(app);
  const response = await post(app, '/auth/refresh', {
    refresh_token: withByte(refresh_token, 20),
    scope: 'customers:read',
  });
  t.match(response.json(), { status: 401, code: 'invalid_grant' });
});

t.test(
  'a reuse is logged with two addresses: of the request, and of the last use of the session',
  async (t) => {
    const from = (remoteAddress: string, refresh_token: string) =>
      app.inject({ method: 'POST', url: '/auth/refresh', payload: { refresh_token }, remoteAddress });
    const first = await login(app);
    const second = (await from('192.0.2.10', first.refresh_token)).json<Tokens>();
    await from('192.0.2.20', second.refresh_token);
    t.equal((await from('192.0.2.30', first.refresh_token)).statusCode, 401);
    const line = auth
      .logged()
      .split('\n')
      .findLast((text) => text.includes('refresh token reused'));
    t.match(JSON.parse(line ?? '{}'), { remote_address: '192.0.2.30', session_address: '192.0.2.20' });
  },
);

t.test('reuse ends only its own session', async (t) => {
  const [victim, bystander] = await Promise.all([login(app), login(app)]);
  await refresh(victim.refresh_token, strict);
  t.equal((await refresh(victim.refresh_token, strict)).statusCode, 401);
  t.equal((await refresh(bystander.refresh_token)).statusCode, 200);
});

t.test(
  'with the window at 0, one of 100 concurrent refreshes of one token, at two processes, succeeds, and the session ends',
  async (t) => {
    const other = await auth.another({ REFRESH_REPLAY_WINDOW_SECONDS: 0 });
    const { refresh_token } = await login(app);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => refresh(refresh_token, i % 2 === 0 ? strict : other)),
    );
    t.same(statuses(answers), [200, ...Array(99).fill(401)]);
    const won = answers.find(({ statusCode }) => statusCode === 200)?.json<Tokens>();
    t.equal((await refresh(won?.refresh_token ?? '')).statusCode, 401);
  },
);

t.test('a token with a wrong family secret is refused, without effect on the session', async (t) => {
  const { refresh_token } = await login(app);
  t.equal((await refresh(withByte(refresh_token, 20))).statusCode, 401);
  t.equal((await refresh(refresh_token)).statusCode, 200);
});

t.test('a token with the right family secret and an unknown nonce ends the session', async (t) => {
  const { refresh_token } = await login(app);
  t.equal((await refresh(withByte(refresh_token, 60))).statusCode, 401);
  t.equal((await refresh(refresh_token)).statusCode, 401);
});

t.test('another spelling of the same bytes is not the token', async (t) => {
  const { refresh_token } = await login(app);
  const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const spelled = refresh_token.slice(0, -1) + last.charAt(last.indexOf(refresh_token.slice(-1)) + 1);
  for (const other of [spelled, `${refresh_token}=`, ` ${refresh_token}`, refresh_token.slice(3)]) {
    t.match((await refresh(other)).json(), { status: 401, code: 'invalid_grant' }, other.slice(0, 4));
  }
  t.equal((await refresh(refresh_token)).statusCode, 200);
});

t.test('an access token is no refresh token, and a refresh token is no access token', async (t) => {
  const { access_token, refresh_token } = await login(app);
  t.equal((await refresh(access_token.slice(0, 256))).statusCode, 401);
  t.equal((await get(app, '/auth/me', refresh_token)).statusCode, 401);
});

t.test('a disabled user cannot refresh', async (t) => {
  const { id, credentials } = await makeUser(app, 'disabled-later');
  const tokens = await login(app, credentials);
  const admin = await login(app);
  t.equal((await patch(app, `/auth/users/${id}`, { disabled: true }, admin.access_token)).statusCode, 200);
  t.equal((await refresh(tokens.refresh_token)).statusCode, 401);
});

t.test('a scope that was added is in the next access token', async (t) => {
  const { id, credentials } = await makeUser(app, 'promoted', 'customers:read');
  const tokens = await login(app, credentials);
  t.equal(tokens.scope, 'customers:read');
  const admin = await login(app);
  await patch(app, `/auth/users/${id}`, { scope: 'customers:write customers:read' }, admin.access_token);
  t.equal((await refresh(tokens.refresh_token)).json().scope, 'customers:read customers:write');
});

t.test('a session survives a restart of the service', async (t) => {
  const { refresh_token, access_token } = await login(app);
  const restarted = await auth.another();
  t.equal((await get(restarted, '/auth/me', access_token)).statusCode, 200);
  t.equal((await refresh(refresh_token, restarted)).statusCode, 200);
});

function withByte(refreshToken: string, index: number): string {
  const bytes = Buffer.from(refreshToken.slice(3), 'base64url');
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return `rt_${bytes.toString('base64url')}`;
}
