import { serviceRoleOf, startProcess, testDatabase, testRedis } from '@pair/test-kit';
import pg from 'pg';
import t from 'tap';
import { migrateAuth, migrateCommand } from '../../src/commands/migrate.ts';
import { setPasswordCommand } from '../../src/commands/set-password.ts';
import { runCommand } from '../support/commands.ts';

const CLI = 'services/auth/dist/cli.js';

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
    const migrated = await runCommand(migrateCommand, [], env);
    t.match(migrated, { code: 0, output: /run the command set-password for "admin"/ });
    const set = await runCommand(setPasswordCommand, ['ADMIN'], env);
    t.match(
      set.output,
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
  t.equal(unknown.output(), 'There is no such user: "users list" shows the users.\n');
});

t.test('a common ADMIN_PASSWORD is one clear sentence, and creates no admin', async (t) => {
  const DATABASE_URL = await testDatabase(t);
  const migrate = (ADMIN_PASSWORD: string) =>
    runCommand(migrateCommand, [], { DATABASE_URL, ADMIN_PASSWORD });
  t.same(await migrate('Password123'), {
    code: 1,
    output: 'ADMIN_PASSWORD is one of the most common passwords.\n',
  });
  t.match(await migrate('a long enough password'), { code: 0, output: /The first admin is "admin"/ });
});

t.test('two concurrent migrations create one admin', async (t) => {
  const config = { DATABASE_URL: await testDatabase(t), ADMIN_USERNAME: 'root' };
  const results = await Promise.all([migrateAuth(config), migrateAuth(config)]);
  t.equal(results.filter(({ admin }) => admin !== undefined).length, 1);
});
