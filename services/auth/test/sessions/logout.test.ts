import t from 'tap';
import {
  get,
  login,
  makeUser,
  post,
  recordedEvents,
  refusedWithin1s,
  startAuth,
  type Tokens,
} from '../support/auth-under-test.ts';

const auth = await startAuth(t);
const { app } = auth;

t.test(
  'after logout every process refuses each access token of the session, and its refresh token',
  async (t) => {
    const other = await auth.another();
    const first = await login(app);
    const second = (await post(app, '/auth/refresh', { refresh_token: first.refresh_token })).json<Tokens>();
    t.equal((await get(other, '/auth/me', second.access_token)).statusCode, 200);

    t.equal((await post(app, '/auth/logout', undefined, second.access_token)).statusCode, 204);
    for (const { access_token } of [first, second]) {
      t.ok(await refusedWithin1s(app, access_token));
      t.ok(await refusedWithin1s(other, access_token));
    }
    t.match((await post(app, '/auth/refresh', { refresh_token: second.refresh_token })).json(), {
      status: 401,
      code: 'invalid_grant',
    });
  },
);

t.test('the refusal of a token is as RFC 6750 §3 requires', async (t) => {
  const { access_token } = await login(app);
  await post(app, '/auth/logout', undefined, access_token);
  t.ok(await refusedWithin1s(app, access_token));
  const response = await get(app, '/auth/me', access_token);
  t.match(response.headers['www-authenticate'], /^Bearer .*error="invalid_token"/);
  t.match(response.json(), { status: 401, code: 'invalid_token' });
});

t.test('an empty body with a Content-Type is no body', async (t) => {
  const { access_token } = await login(app);
  const response = await app.inject({
    method: 'POST',
    url: '/auth/logout',
    headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
    payload: '',
  });
  t.equal(response.statusCode, 204);
  t.equal((await post(app, '/auth/login')).statusCode, 422);
});

t.test('an empty object in the body is no token: the access token signs out', async (t) => {
  const { access_token } = await login(app);
  t.equal((await post(app, '/auth/logout', {}, access_token)).statusCode, 204);
  t.ok(await refusedWithin1s(app, access_token));
  t.match((await post(app, '/auth/logout', {})).json(), { status: 401, code: 'token_required' });
  t.equal((await post(app, '/auth/logout', { refreshToken: 'rt_x' })).statusCode, 422, 'a misspelt member');
});

t.test('logging out again is 204 again', async (t) => {
  const { access_token } = await login(app);
  for (let i = 0; i < 3; i++) {
    t.equal((await post(app, '/auth/logout', undefined, access_token)).statusCode, 204);
  }
});

t.test('a refresh token alone logs out, also if it was used before, and again', async (t) => {
  const first = await login(app);
  const second = (await post(app, '/auth/refresh', { refresh_token: first.refresh_token })).json<Tokens>();
  for (const { refresh_token } of [first, second, first]) {
    t.equal((await post(app, '/auth/logout', { refresh_token })).statusCode, 204);
  }
  t.ok(await refusedWithin1s(app, second.access_token));
});

t.test('a refresh token logs out beside an access token that is no longer valid', async (t) => {
  const { access_token, refresh_token } = await login(app);
  const response = await post(app, '/auth/logout', { refresh_token }, `${access_token.slice(0, -4)}AAAA`);
  t.equal(response.statusCode, 204);
  t.ok(await refusedWithin1s(app, access_token));
});

t.test('a refresh token with a wrong family secret logs no user out', async (t) => {
  const { access_token, refresh_token } = await login(app);
  const bytes = Buffer.from(refresh_token.slice(3), 'base64url');
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  await post(app, '/auth/logout', { refresh_token: `rt_${bytes.toString('base64url')}` });
  t.equal((await post(app, '/auth/refresh', { refresh_token })).statusCode, 200);
  t.equal((await get(app, '/auth/me', access_token)).statusCode, 200);
});

t.test('logout ends one session of the user, and logout-all every session', async (t) => {
  const { credentials } = await makeUser(app, 'three-devices');
  const [phone, laptop, tablet] = await Promise.all([
    login(app, credentials),
    login(app, credentials),
    login(app, credentials),
  ]);
  await post(app, '/auth/logout', undefined, phone.access_token);
  t.ok(await refusedWithin1s(app, phone.access_token));
  t.equal((await get(app, '/auth/me', laptop.access_token)).statusCode, 200);

  const bystander = await login(app);
  t.equal((await post(app, '/auth/logout-all', undefined, laptop.access_token)).statusCode, 204);
  for (const { access_token, refresh_token } of [laptop, tablet]) {
    t.ok(await refusedWithin1s(app, access_token));
    t.equal((await post(app, '/auth/refresh', { refresh_token })).statusCode, 401);
  }
  t.equal((await get(app, '/auth/me', bystander.access_token)).statusCode, 200);
});

t.test('many concurrent requests to sign out everywhere are one event', async (t) => {
  const { id, credentials } = await makeUser(app, 'hasty');
  const { access_token } = await login(app, credentials);
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => post(app, '/auth/logout-all', undefined, access_token)),
  );
  t.same(
    answers.map(({ statusCode }) => statusCode),
    Array(50).fill(204),
    'all requests came before the first answer',
  );
  await post(app, '/auth/login', { ...credentials, password: 'a wrong password' }); // events are written in order
  const admin = await login(app);
  await recordedEvents(app, admin.access_token, `user_id=${id}&event=sign_in`, 2);
  const events = await recordedEvents(app, admin.access_token, `user_id=${id}&event=sign_out_everywhere`);
  t.equal(events.length, 1);
});

t.test('a logout without a valid token is 401', async (t) => {
  t.equal((await post(app, '/auth/logout')).statusCode, 401);
  t.equal((await post(app, '/auth/logout', undefined, 'x.y.z')).statusCode, 401);
  t.equal((await post(app, '/auth/logout', { refresh_token: 'rt_x' })).statusCode, 401);
  t.equal((await post(app, '/auth/logout-all')).statusCode, 401);
});
