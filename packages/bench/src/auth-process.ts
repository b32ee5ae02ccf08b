import { randomBytes } from 'node:crypto';
import { startProcess, type Teardown, testPostgres, testRedis, waitFor } from '@pair/test-kit';
import { imageFlags, type MeasuredProcess, startMeasured } from './measured-process.ts';

export type Credentials = typeof ADMIN;

export const ADMIN = { username: 'admin', password: 'the password of the admin' };

export interface Auth extends MeasuredProcess {
  redisUrl: string;
}

/** Starts one process of auth as in production, with a PostgreSQL and a Redis of its own, and one user. */
export async function startAuth(t: Teardown): Promise<Auth> {
  const [postgres, redis] = await Promise.all([testPostgres(t), testRedis(t)]);
  const migration = await startProcess(t, {
    entry: 'services/auth/dist/cli.js',
    args: ['migrate'],
    env: { DATABASE_URL: postgres.url, ADMIN_PASSWORD: ADMIN.password },
  });
  if ((await migration.exited) !== 0) throw new Error(migration.output());
  const env = {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    TRUSTED_PROXIES: '127.0.0.1',
  };
  const process = await startMeasured(t, 'services/auth/dist/server.js', env, imageFlags());
  await waitFor(async () => (await fetch(`${process.url}/readyz`)).status === 200, 20_000);
  return { ...process, redisUrl: redis.url };
}

export function signIn(url: string, credentials = ADMIN, address = '127.0.0.1'): Promise<Response> {
  return fetch(`${url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
    body: JSON.stringify(credentials),
  });
}

/** Creates users who may sign in. A user has a hundred sessions at most, and ten sign-ins at once. */
export async function createUsers(url: string, count: number): Promise<Credentials[]> {
  const { access_token } = (await (await signIn(url)).json()) as { access_token: string };
  const users = Array.from({ length: count }, (_, i) => ({ ...ADMIN, username: `user-${i}` }));
  for (const user of users) {
    const { status } = await fetch(`${url}/auth/users`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${access_token}` },
      body: JSON.stringify(user),
    });
    if (status !== 201) throw new Error(`create a user: ${status}`);
  }
  return users;
}
