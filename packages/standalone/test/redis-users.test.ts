import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { freePort, serviceRoleOf, startProcess, testDatabase, testRedis, waitFor } from '@pair/test-kit';
import { t } from 'tap';
import { redisUsers } from '../src/redis-users.ts';

const ADMIN_PASSWORD = 'the password of the admin';

t.test('auth needs no more rights in Redis than it has, also with replicas', async (t) => {
  // the user `default` stays on: the replica and the test use it
  const config = redisUsers({ auth: 'secret', customers: 'another' }).slice(1);
  const redis = await testRedis(t, { config, args: ['--min-replicas-to-write', '1'] });
  await testRedis(t, { args: ['--replicaof', '127.0.0.1', String(redis.port)] });
  const ownerUrl = await testDatabase(t);
  const { role, url } = serviceRoleOf(ownerUrl);
  const migration = await startProcess(t, {
    entry: 'services/auth/dist/cli.js',
    args: ['migrate'],
    env: { DATABASE_URL: ownerUrl, SERVICE_ROLE: role, ADMIN_PASSWORD },
  });
  t.equal(await migration.exited, 0);
  const port = await freePort();
  const server = await startProcess(t, {
    entry: 'services/auth/dist/server.js',
    env: {
      PORT: String(port),
      DATABASE_URL: url,
      REDIS_URL: `redis://auth:secret@127.0.0.1:${redis.port}`,
      REDIS_REPLICAS: '1',
      KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    },
  });
  const send = (path: string, body: object) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200, 20_000);
  const signIn = await send('/auth/login', { username: 'admin', password: ADMIN_PASSWORD });
  t.equal(signIn.status, 200);
  const { refresh_token: first } = (await signIn.json()) as { refresh_token: string };
  const refresh = await send('/auth/refresh', { refresh_token: first });
  t.equal(refresh.status, 200);
  const { refresh_token } = (await refresh.json()) as { refresh_token: string };
  t.equal((await send('/auth/logout', { refresh_token })).status, 204);
  t.notMatch(server.output(), /NOPERM/);

  const dryRun = (...command: string[]) =>
    execFileSync('redis-cli', ['-p', String(redis.port), 'ACL', 'DRYRUN', ...command], { encoding: 'utf8' });
  t.match(dryRun('auth', 'SET', '{auth}:fence', '1'), /^OK/);
  const spend = (user: string, service: string) =>
    dryRun(user, 'SET', `{dpop}:${service}:proof`, '', 'EX', '180', 'NX');
  t.match(spend('auth', 'auth'), /^OK/);
  t.match(spend('customers', 'customers'), /^OK/);
  t.notMatch(spend('customers', 'auth'), /^OK/, 'the proofs of another service');
  t.notMatch(dryRun('customers', 'SET', '{auth}:epoch', 'mine'), /^OK/);
  t.notMatch(dryRun('customers', 'GET', '{dpop}:customers:proof'), /^OK/);
  for (const command of [
    ['SET', 'key', '1'],
    ['GET', 'key'],
    ['FLUSHALL'],
    ['CONFIG', 'SET', 'appendonly', 'no'],
    ['REPLICAOF', 'NO', 'ONE'],
    ['KEYS', '*'],
    ['SCRIPT', 'FLUSH'],
    ['ACL', 'LIST'],
    ['DEBUG', 'SLEEP', '1'],
  ]) {
    t.notMatch(dryRun('auth', ...command), /^OK/, command.join(' '));
  }
});
