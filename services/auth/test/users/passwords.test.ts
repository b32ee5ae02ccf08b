import { startProcess, testDatabase, testRedis } from '@pair/test-kit';
import t from 'tap';
import { migrateAuth, setPassword } from '../../src/index.ts';
import { createPasswordHasher } from '../../src/users/password-hasher.ts';
import { hasGoodLength } from '../../src/users/password-rules.ts';
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

t.test('a long password is not cut: its last character counts', async (t) => {
  const hasher = await createPasswordHasher();
  const hash = await hasher.hash('x'.repeat(128));
  t.equal(await hasher.verify(hash, 'x'.repeat(128)), true);
  t.equal(await hasher.verify(hash, `${'x'.repeat(127)}y`), false);
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
  const { credentials } = await makeUser(auth.app, 'forgetful');
  const { access_token } = await login(auth.app, credentials);
  const bystander = await login(auth.app);
  await setPassword(auth.config, 'Forgetful', 'another long password');
  t.ok(await refusedWithin1s(auth.app, access_token));
  t.equal((await post(auth.app, '/auth/login', credentials)).statusCode, 401);
  await login(auth.app, { ...credentials, password: 'another long password' });
  t.equal((await get(auth.app, '/auth/me', bystander.access_token)).statusCode, 200);
});

t.test(
  'set-password refuses a short password, an unknown user, and a Redis that is away, and changes nothing',
  async (t) => {
    const auth = await startAuth(t);
    await t.rejects(setPassword(auth.config, 'admin', 'short'), { message: /8 to 128/ });
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

t.test('two migrations at once make one admin', async (t) => {
  const config = { DATABASE_URL: await testDatabase(t), ADMIN_USERNAME: 'root' };
  const results = await Promise.all([migrateAuth(config), migrateAuth(config)]);
  t.equal(results.filter(({ admin }) => admin !== undefined).length, 1);
});
