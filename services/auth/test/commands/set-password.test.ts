import t from 'tap';
import { setPassword } from '../../src/commands/set-password.ts';
import { ADMIN, get, login, makeUser, post, refusedWithin1s, startAuth } from '../support/auth-under-test.ts';

t.test('set-password replaces the password and ends the sessions of that user', async (t) => {
  const auth = await startAuth(t);
  const { id, credentials } = await makeUser(auth.app, 'forgetful');
  const { access_token } = await login(auth.app, credentials);
  const bystander = await login(auth.app);
  await setPassword(auth.config, 'Forgetful', 'another long password');
  const { rows } = await auth.within.pg.query(
    "SELECT outcome, user_id, actor_id, detail FROM security_events WHERE event = 'password_changed'",
  );
  t.same(rows, [{ outcome: 'succeeded', user_id: id, actor_id: null, detail: 'set-password' }]);
  t.ok(await refusedWithin1s(auth.app, access_token));
  t.equal((await post(auth.app, '/auth/login', credentials)).statusCode, 401);
  await login(auth.app, { ...credentials, password: 'another long password' });
  t.equal((await get(auth.app, '/auth/me', bystander.access_token)).statusCode, 200);
});

t.test(
  'set-password refuses a short and a common password, an unknown user, and a Redis that is away, and changes nothing',
  async (t) => {
    const auth = await startAuth(t);
    await t.rejects(setPassword(auth.config, 'admin', 'short'), { message: /8 to 128/ });
    await t.rejects(setPassword(auth.config, 'admin', 'Password123'), { message: /most common/ });
    await t.rejects(setPassword(auth.config, 'stranger', 'a long enough password'), {
      message: /^There is no such user: /,
    });
    await auth.redis.stop();
    await t.rejects(setPassword(auth.config, 'admin', 'a long enough password'), {
      message: /Redis cannot be reached/,
    });
    await auth.redis.start();
    await t.resolves(async () => {
      for (;;) if ((await post(auth.app, '/auth/login', ADMIN)).statusCode === 200) return;
    });
  },
);

t.test('set-password lets an admin in, in any state of the users', async (t) => {
  const auth = await startAuth(t);
  const states: [state: string, sql: string, events: string[]][] = [
    ['disabled', "UPDATE users SET disabled = true WHERE username = 'admin'", ['user_enabled']],
    ['without scopes', "UPDATE users SET scopes = '{}' WHERE username = 'admin'", ['scopes_changed']],
    [
      'both, like all users',
      "UPDATE users SET scopes = '{}', disabled = true",
      ['scopes_changed', 'user_enabled'],
    ],
  ];
  await makeUser(auth.app, 'bystander', 'customers:read');
  for (const [state, sql, events] of states) {
    await auth.within.pg.query(sql);
    const { rows: before } = await auth.within.pg.query('SELECT max(id) AS id FROM security_events');
    const password = `a new password, ${state}`;
    const done = await setPassword(auth.config, 'Admin', password);
    t.equal(done.username, 'admin');
    const { access_token } = await login(auth.app, { ...ADMIN, password });
    t.equal((await get(auth.app, '/auth/users', access_token)).statusCode, 200, state);
    const { rows } = await auth.within.pg.query(
      `SELECT event FROM security_events WHERE id > $1 AND actor_id IS NULL ORDER BY event`,
      [before[0].id],
    );
    t.same(
      rows.map(({ event }) => event),
      ['password_changed', ...events],
      state,
    );
  }
});

t.test('set-password grants no scopes while there is an enabled admin', async (t) => {
  const auth = await startAuth(t);
  const { id } = await makeUser(auth.app, 'ordinary', 'customers:read');
  await auth.within.pg.query('UPDATE users SET disabled = true WHERE id = $1', [id]);
  const done = await setPassword(auth.config, 'ordinary', 'another long password');
  t.match(done, { wasDisabled: true, becameAdmin: false });
  const tokens = await login(auth.app, { username: 'ordinary', password: 'another long password' });
  t.equal(tokens.scope, 'customers:read');
});
