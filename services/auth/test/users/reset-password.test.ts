import t from 'tap';
import {
  ADMIN,
  get,
  login,
  makeUser,
  patch,
  post,
  recordedEvents,
  refusedWithin1s,
  startAuth,
} from '../support/auth-under-test.ts';

const { app } = await startAuth(t);
const admin = (await login(app)).access_token;
const adminId = (await get(app, '/auth/me', admin)).json<{ id: string }>().id;
const NEW = 'a quite different password';

const reset = (id: string, password: unknown, token = admin) =>
  app.inject({
    method: 'PUT',
    url: `/auth/users/${id}/password`,
    payload: { password },
    headers: { authorization: `Bearer ${token}` },
  });
const signIn = (username: string, password: string) => post(app, '/auth/login', { username, password });

t.test('an admin sets the password of a user, which ends all sessions of the user', async (t) => {
  const { id, credentials } = await makeUser(app, 'forgetful');
  const sessions = await Promise.all([login(app, credentials), login(app, credentials)]);
  const response = await reset(id.toUpperCase(), NEW);
  t.equal(response.statusCode, 204);
  t.equal(response.body, '');
  for (const { access_token, refresh_token } of sessions) {
    t.ok(await refusedWithin1s(app, access_token));
    t.equal((await post(app, '/auth/refresh', { refresh_token })).statusCode, 401);
  }
  t.equal((await signIn(credentials.username, credentials.password)).statusCode, 401);
  t.equal((await signIn(credentials.username, NEW)).statusCode, 200);
  t.equal((await get(app, '/auth/me', admin)).statusCode, 200, 'the sessions of the admin live');
  const [event] = await recordedEvents(app, admin, `user_id=${id}&event=password_changed`);
  t.match(event, { outcome: 'succeeded', actor_id: adminId, user_id: id });
});

t.test('admins cannot set their own password without the current one', async (t) => {
  for (const id of [adminId, adminId.toUpperCase()]) {
    const response = await reset(id, NEW);
    t.equal(response.statusCode, 409);
    t.match(response.json(), { code: 'conflict', detail: /PUT \/auth\/password/ });
  }
  t.equal((await get(app, '/auth/me', admin)).statusCode, 200, 'no session has ended');
  t.equal((await signIn(ADMIN.username, ADMIN.password)).statusCode, 200);
});

t.test('a new password does not end the wait after too many failed attempts', async (t) => {
  const { id, credentials } = await makeUser(app, 'impatient');
  const guesses = Array.from({ length: 10 }, () => signIn(credentials.username, 'a wrong password'));
  t.ok((await Promise.all(guesses)).every(({ statusCode }) => statusCode === 401));
  t.equal((await reset(id, NEW)).statusCode, 204);
  t.equal((await signIn(credentials.username, NEW)).statusCode, 429);
});

t.test('a disabled user with a new password stays disabled', async (t) => {
  const { id, credentials } = await makeUser(app, 'locked-out');
  await patch(app, `/auth/users/${id}`, { disabled: true }, admin);
  t.equal((await reset(id, NEW)).statusCode, 204);
  t.equal((await signIn(credentials.username, NEW)).statusCode, 401);
  await patch(app, `/auth/users/${id}`, { disabled: false }, admin);
  t.equal((await signIn(credentials.username, NEW)).statusCode, 200);
});

t.test('a password that breaks a rule is 422, names the rule, and changes nothing', async (t) => {
  const { id, credentials } = await makeUser(app, 'rule-breaker');
  const { access_token } = await login(app, credentials);
  for (const [bad, detail] of [
    ['short', 'must have 8 to 128 characters'],
    ['Password123', 'is one of the most common passwords'],
    ['RULE-breaker', 'must not be the username'],
  ] as const) {
    t.match((await reset(id, bad)).json(), { status: 422, errors: [{ pointer: '/password', detail }] });
  }
  t.equal((await reset(id, 1)).statusCode, 422);
  t.equal((await get(app, '/auth/me', access_token)).statusCode, 200);
});

t.test('only an admin sets the password of another user, and an unknown id is 404', async (t) => {
  const { credentials } = await makeUser(app, 'ambitious', 'customers:read customers:write');
  const { access_token } = await login(app, credentials);
  t.match((await reset(adminId, NEW, access_token)).json(), { status: 403, code: 'insufficient_scope' });
  t.equal((await signIn(ADMIN.username, ADMIN.password)).statusCode, 200);
  t.equal((await reset('0198c7a2-7a00-7000-8000-000000000000', NEW)).statusCode, 404);
});

t.test('a sign-in with the old password that races the reset leaves no live session', async (t) => {
  const { id, credentials } = await makeUser(app, 'racer');
  const [changed, ...racers] = await Promise.all([
    reset(id, NEW),
    ...Array.from({ length: 3 }, () => signIn(credentials.username, credentials.password)),
  ]);
  t.equal(changed.statusCode, 204);
  for (const racer of racers) {
    if (racer.statusCode !== 200) t.equal(racer.statusCode, 401);
    else {
      const { refresh_token } = racer.json<{ refresh_token: string }>();
      t.equal((await post(app, '/auth/refresh', { refresh_token })).statusCode, 401);
    }
  }
});
