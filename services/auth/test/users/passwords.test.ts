import { startProcess, testDatabase, testRedis } from '@pair/test-kit';
import t from 'tap';
import { migrateAuth, setPassword } from '../../src/index.ts';
import { createPasswordHasher } from '../../src/users/password-hasher.ts';
import { hasGoodLength, passwordFault } from '../../src/users/password-rules.ts';
import { ADMIN, get, login, makeUser, post, refusedWithin1s, startAuth } from '../auth-under-test.ts';

t.test('a password has 8 to 128 characters as a person counts them', async (t) => {
  for (const good of [
    '12345678',
    'x'.repeat(128),
    '😀'.repeat(8),
    '😀'.repeat(128),
    '        ',
    'e\u0301'.repeat(128),
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

t.test('a password of 128 characters is not cut: its last one counts, whatever they are', async (t) => {
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

t.test('the most common passwords are refused in whichever case, and so is the username', async (t) => {
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

t.test('a common password is 422 wherever a password is set', async (t) => {
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

t.test('nobody has a password', async (t) => {
  const hasher = await createPasswordHasher();
  t.equal(await hasher.verify(undefined, 'anything'), false);
});

t.test('a full hashing queue is 503 at once, and what was queued is answered', async (t) => {
  const hasher = await createPasswordHasher();
  const answers = await Promise.allSettled(Array.from({ length: 160 }, () => hasher.hash('a password')));
  const refused = answers.filter((answer) => answer.status === 'rejected');
  t.ok(refused.length >= 50 && refused.length <= 60, `${refused.length} refused`);
  for (const { reason } of refused) t.match(reason, { statusCode: 503, headers: { 'retry-after': '1' } });
  t.match(await hasher.hash('a password'), /^\$argon2id/);
});

t.test('set-password sets it anew and ends the sessions of that user', async (t) => {
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
    await t.rejects(setPassword(auth.config, 'nobody', 'a long enough password'), {
      message: /no user "nobody"/,
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

t.test('the commands migrate and set-password do in a process what they say', async (t) => {
  const [DATABASE_URL, redis] = await Promise.all([testDatabase(t), testRedis(t)]);
  const env = { DATABASE_URL, REDIS_URL: redis.url };
  const first = await startProcess(t, { entry: 'services/auth/dist/migrate.js', env });
  t.equal(await first.exited, 0);
  t.match(first.output(), /The first admin is "admin"\.\nIts password, shown only now: \w{24}\n/);
  const second = await startProcess(t, { entry: 'services/auth/dist/migrate.js', env });
  t.equal(await second.exited, 0);
  t.notMatch(second.output(), /password/);
  const set = await startProcess(t, { entry: 'services/auth/dist/set-password.js', args: ['admin'], env });
  t.equal(await set.exited, 0);
  t.match(set.output(), /It is: \w{24}/);
  const nobody = await startProcess(t, {
    entry: 'services/auth/dist/set-password.js',
    args: ['nobody'],
    env,
  });
  t.equal(await nobody.exited, 1);
  t.equal(nobody.output(), 'There is no user "nobody".\n');
});

t.test(
  'an ADMIN_PASSWORD that is one of the most common is one clear sentence, and makes no admin',
  async (t) => {
    const [DATABASE_URL, redis] = await Promise.all([testDatabase(t), testRedis(t)]);
    const env = { DATABASE_URL, REDIS_URL: redis.url };
    const migrate = (ADMIN_PASSWORD: string) =>
      startProcess(t, { entry: 'services/auth/dist/migrate.js', env: { ...env, ADMIN_PASSWORD } });
    const refused = await migrate('Password123');
    t.equal(await refused.exited, 1);
    t.equal(refused.output(), 'ADMIN_PASSWORD is one of the most common passwords.\n');
    const made = await migrate('a long enough password');
    t.equal(await made.exited, 0);
    t.match(made.output(), /The first admin is "admin"/);
  },
);

t.test('two migrations at once make one admin', async (t) => {
  const config = { DATABASE_URL: await testDatabase(t), ADMIN_USERNAME: 'root' };
  const results = await Promise.all([migrateAuth(config), migrateAuth(config)]);
  t.equal(results.filter(({ admin }) => admin !== undefined).length, 1);
});
