import { randomBytes } from 'node:crypto';
import { startProcess, type Teardown, testPostgres, testRedis, waitFor } from '@pair/test-kit';
import { imageFlags, type MeasuredProcess, startMeasured } from './measured-process.ts';

export type Credentials = typeof ADMIN;

export const ADMIN = { username: 'admin', password: 'the password of the admin' };

/** Starts one process of auth as in production, with a PostgreSQL and a Redis of its own, and one user. */
export async function startAuth(t: Teardown): Promise<MeasuredProcess> {
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
  return process;
}

export function signIn(url: string, credentials = ADMIN, address = '127.0.0.1'): Promise<Response> {
  return fetch(`${url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
    body: JSON.stringify(credentials),
  });
}
