import { serviceRoleOf, startProcess, testDatabase, testRedis } from '@pair/test-kit';
import pg from 'pg';
import t from 'tap';
import { migrateAuth } from '../../src/index.ts';
import { createPasswordHasher } from '../../src/passwords/hasher.ts';
import { hasGoodLength, passwordFault } from '../../src/passwords/rules.ts';
import { ADMIN, get, login, makeUser, post, refusedWithin1s, startAuth } from '../support/auth-under-test.ts';
import { letIn } from '../support/commands.ts';

const CLI = 'services/auth/dist/cli.js';

t.test('a password has 8 to 128 characters as a person counts them', async (t) => {
  for (const good of [
    '12345678',
    'x'.repeat(128),
    '😀'.repeat(8),
    '😀'.repeat(128),
    '        ',
    'e\u0301'.repeat(128),
    // NFC composes at most four code points into one character, or two code points of two code units
    '\u03b1\u0313\u0300\u0345'.repeat(128),
    '\u{11099}\u{110ba}'.repeat(128),
  ]) {
    t.ok(hasGoodLength(good), good.slice(0, 10));
  }
  for (const bad of [
    '',
    '1234567',
    'x'.repeat(129),
    '😀'.repeat(7),
    'e\u0301'.repeat(7),
    `\ud800${'x'.repeat(10)}`,
  ]) {
    t.notOk(hasGoodLength(bad), bad.slice(0, 10));
  }
});

t.test('a hash is argon2id with 19 MiB, two passes and one lane', async (t) => {
  const hasher = await createPasswordHasher();
  t.match(await hasher.hash('a password'), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

t.test('a password of 128 characters is not cut: its last character counts, in any script', async (t) => {
  const hasher = await createPasswordHasher();
  for (const [character, other] of [
    ['x', 'y'],
    ['😀', '😁'],
    ['é', 'è'],
  ] as const) {
    const password = character.repeat(128);
    const hash = await hasher.hash(password);
    t.equal(await hasher.verify(hash, password), true, character);
    t.equal(await hasher.verify(hash, character.repeat(127) + other), false, character);
    t.equal(await hasher.verify(hash, character.repeat(127)), false, character);
  }
});

t.test('the most common passwords are refused in any case, and so is the username', async (t) => {
  for (const common of [
    'password',
    'PassWord',
    '12345678',
    'qwertyuiop',
    'Password1',
    'iloveyou',
    'passw0rd',
  ]) {
    t.equal(passwordFault(common, 'ada'), 'is one of the most common passwords', common);
  }
  t.equal(passwordFault('Ada.Lovelace', 'ada.lovelace'), 'must not be the username');
  for (const good of [
    'correct horse battery staple',
    'password of ada',
    '        ',
    'tr0ub4dor and 3',
    '🦆🦆🦆🦆🦆🦆🦆🦆',
  ]) {
    t.equal(passwordFault(good, 'ada'), undefined, good);
  }
});

t.test('a common password is 422 on every route that sets a password', async (t) => {
  const { app } = await startAuth(t, { REGISTRATION: 'open' });
  const { access_token } = await login(app);
  for (const [url, token] of [
    ['/auth/users', access_token],
    ['/auth/register', undefined],
  ] as const) {
    const common = await post(app, url, { username: 'ada', password: 'Password1' }, token);
    t.match(common.json(), {
      status: 422,
      code: 'validation_failed',
      errors: [{ pointer: '/password', detail: 'is one of the most common passwords' }],
    });
    const own = await post(app, url, { username: 'Ada.Lovelace', password: 'ada.lovelace' }, token);
    t.match(own.json(), {
      status: 422,
      errors: [{ pointer: '/password', detail: 'must not be the username' }],
    });
  }
});

t.test('a password of 128 characters that a keyboard sends as 384 signs in', async (t) => {
  const { app } = await startAuth(t);
  const { access_token } = await login(app);
  const credentials = { username: 'long', password: 'ệ'.repeat(128) };
  t.equal((await post(app, '/auth/users', credentials, access_token)).statusCode, 201);
  await login(app, { ...credentials, password: credentials.password.normalize('NFD') });
});

t.test('no password matches an unknown user', async (t) => {
  const hasher = await createPasswordHasher();
  t.equal(await hasher.verify(undefined, 'anything'), false);
});

t.test('a full hashing queue is 503 at once, and queued work is completed', async (t) => {
  const hasher = await createPasswordHasher();
  const answers = await Promise.allSettled(Array.from({ length: 160 }, () => hasher.hash('a password')));
  const refused = answers.filter((answer) => answer.status === 'rejected');
  t.ok(refused.length >= 50 && refused.length <= 60, `${refused.length} refused`);
  for (const { reason } of refused) t.match(reason, { statusCode: 503, headers: { 'retry-after': '1' } });
  t.match(await hasher.hash('a password'), /^\$argon2id/);
});

t.test('set-password replaces the password and ends the sessions of that user', async (t) => {
  const auth = await startAuth(t);
  const { id, credentials } = await makeUser(auth.app, 'forgetful');
  const { access_token } = await login(auth.app, credentials);
  const bystander = await login(auth.app);
  await letIn(auth.config, 'Forgetful', 'another long password');
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
    await t.rejects(letIn(auth.config, 'admin', 'short'), { message: /8 to 128/ });
    await t.rejects(letIn(auth.config, 'admin', 'Password123'), { message: /most common/ });
    await t.rejects(letIn(auth.config, 'stranger', 'a long enough password'), {
      message: /no user "stranger"/,
    });
    await auth.redis.stop();
    await t.rejects(letIn(auth.config, 'admin', 'a long enough password'), {
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
    const done = await letIn(auth.config, 'Admin', password);
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
  const done = await letIn(auth.config, 'ordinary', 'another long password');
  t.match(done, { wasDisabled: true, becameAdmin: false });
  const tokens = await login(auth.app, { username: 'ordinary', password: 'another long password' });
  t.equal(tokens.scope, 'customers:read');
});

t.test(
  'a start without an enabled admin creates one, or says how to get in, and does not fail',
  async (t) => {
    const [DATABASE_URL, redis] = await Promise.all([testDatabase(t), testRedis(t)]);
    const env = { DATABASE_URL, REDIS_URL: redis.url };
    const config = { DATABASE_URL, ADMIN_USERNAME: 'admin' };
    await migrateAuth(config);
    const database = new pg.Client({ connectionString: DATABASE_URL });
    await database.connect();
    t.teardown(() => database.end());
    const created =
      "SELECT count(*)::int FROM security_events WHERE event = 'user_created' AND user_id IS NOT NULL";
    t.equal(
      (await database.query(created)).rows[0].count,
      1,
      'the creation of the first admin is a security event',
    );

    for (const sql of ['UPDATE users SET disabled = true', "UPDATE users SET scopes = '{}'"]) {
      await database.query(sql);
      const { admin, advice } = await migrateAuth(config);
      t.equal(admin, undefined, 'an existing user does not become an admin');
      t.match(advice, /run the command set-password for "admin"/);
    }
    const migrate = await startProcess(t, { entry: CLI, args: ['migrate'], env });
    t.equal(await migrate.exited, 0);
    t.match(migrate.output(), /run the command set-password for "admin"/);
    const set = await startProcess(t, { entry: CLI, args: ['set-password', 'ADMIN'], env });
    t.equal(await set.exited, 0);
    t.match(
      set.output(),
      /The password of "admin" is set.*\nThe user was disabled.*\nThere was no enabled admin: .*\nThe new password \(shown once\): \w{24}/,
    );
    t.strictSame(await migrateAuth(config), {});

    await database.query('UPDATE users SET disabled = true');
    t.match(await migrateAuth({ ...config, ADMIN_USERNAME: 'another' }), { admin: { username: 'another' } });
  },
);

t.test('the commands migrate and set-password work in a process', async (t) => {
  const [ownerUrl, redis] = await Promise.all([testDatabase(t), testRedis(t)]);
  const service = serviceRoleOf(ownerUrl);
  const migration = { DATABASE_URL: ownerUrl, SERVICE_ROLE: service.role };
  const env = { DATABASE_URL: service.url, REDIS_URL: redis.url };
  const first = await startProcess(t, { entry: CLI, args: ['migrate'], env: migration });
  t.equal(await first.exited, 0);
  t.match(first.output(), /The first admin is "admin"\.\nIts password \(shown once\): \w{24}\n/);
  const second = await startProcess(t, { entry: CLI, args: ['migrate'], env: migration });
  t.equal(await second.exited, 0);
  t.notMatch(second.output(), /password/);
  const set = await startProcess(t, { entry: CLI, args: ['set-password', 'admin'], env });
  t.equal(await set.exited, 0);
  t.match(set.output(), /The new password \(shown once\): \w{24}/);
  const unknown = await startProcess(t, { entry: CLI, args: ['set-password', 'stranger'], env });
  t.equal(await unknown.exited, 1);
  t.equal(unknown.output(), 'There is no user "stranger".\n');
});

t.test('a common ADMIN_PASSWORD is one clear sentence, and creates no admin', async (t) => {
  const [DATABASE_URL, redis] = await Promise.all([testDatabase(t), testRedis(t)]);
  const env = { DATABASE_URL, REDIS_URL: redis.url };
  const migrate = (ADMIN_PASSWORD: string) =>
    startProcess(t, { entry: CLI, args: ['migrate'], env: { ...env, ADMIN_PASSWORD } });
  const refused = await migrate('Password123');
  t.equal(await refused.exited, 1);
  t.equal(refused.output(), 'ADMIN_PASSWORD is one of the most common passwords.\n');
  const made = await migrate('a long enough password');
  t.equal(await made.exited, 0);
  t.match(made.output(), /The first admin is "admin"/);
});

t.test('two concurrent migrations create one admin', async (t) => {
  const config = { DATABASE_URL: await testDatabase(t), ADMIN_USERNAME: 'root' };
  const results = await Promise.all([migrateAuth(config), migrateAuth(config)]);
  t.equal(results.filter(({ admin }) => admin !== undefined).length, 1);
});
