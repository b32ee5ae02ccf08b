import { isWithin, PRODUCTION_LIMITS, testPostgres, waitFor } from '@pair/test-kit';
import type { LightMyRequestResponse } from 'fastify';
import pg from 'pg';
import t, { type Test } from 'tap';
import { ADMIN, get, login, patch, post, startAuth, type Tokens } from './support/auth-under-test.ts';

const postgres = await testPostgres(t);
const auth = await startAuth(t, { DATABASE_URL: postgres.url }, PRODUCTION_LIMITS);
const { app, redis } = auth;

async function isQuick503(t: Test, name: string, request: () => Promise<LightMyRequestResponse>) {
  const start = performance.now();
  const response = await request();
  const elapsedMs = performance.now() - start;
  t.match(response.json(), { status: 503, code: 'unavailable' }, name);
  t.equal(response.headers['retry-after'], '1', name);
  t.ok(isWithin(elapsedMs, 1_000), `${name}: ${elapsedMs.toFixed()} ms`);
}

const works = async () => (await post(app, '/auth/login', ADMIN)).statusCode === 200;
const ready = async () => (await get(app, '/readyz')).statusCode === 200;

for (const [trouble, begin, end] of [
  ['stopped', () => redis.stop(), () => redis.start()],
  ['paused', async () => redis.pause(), async () => redis.resume()],
] as const) {
  t.test(
    `Redis ${trouble}: requests that need it are 503 within a second, the keys are served, and afterwards all requests work`,
    async (t) => {
      const { access_token, refresh_token } = await login(app);
      t.equal((await get(app, '/auth/me', access_token)).statusCode, 200);
      await begin();
      await isQuick503(t, 'login', () => post(app, '/auth/login', ADMIN));
      await isQuick503(t, 'refresh', () => post(app, '/auth/refresh', { refresh_token }));
      await isQuick503(t, 'logout', () => post(app, '/auth/logout', undefined, access_token));
      t.equal((await get(app, '/.well-known/jwks.json')).statusCode, 200);
      t.equal((await get(app, '/auth/me', access_token)).statusCode, 200, 'within the staleness bound');
      t.equal((await get(app, '/readyz')).statusCode, 503);
      await end();
      await waitFor(works);
      await waitFor(ready);
      t.equal(
        (await post(app, '/auth/refresh', { refresh_token })).statusCode,
        200,
        'the token was not consumed',
      );
    },
  );
}

for (const [trouble, begin, end] of [
  ['stopped', () => postgres.stop(), () => postgres.start()],
  ['paused', async () => postgres.pause(), async () => postgres.resume()],
] as const) {
  t.test(
    `Postgres ${trouble}: requests that need it are 503 within a second, a refresh does not need it, and afterwards all requests work`,
    async (t) => {
      const { access_token, refresh_token } = await login(app);
      await begin();
      await isQuick503(t, 'login', () => post(app, '/auth/login', ADMIN));
      const refreshed = await post(app, '/auth/refresh', { refresh_token });
      t.equal(refreshed.statusCode, 200);
      await isQuick503(t, 'me', () => get(app, '/auth/me', access_token));
      await isQuick503(t, 'users', () => get(app, '/auth/users', access_token));
      t.equal((await get(app, '/.well-known/jwks.json')).statusCode, 200);
      await end();
      await waitFor(works);
      await waitFor(ready);
      const next = refreshed.json<Tokens>();
      t.equal((await get(app, '/auth/me', next.access_token)).statusCode, 200);
      t.equal((await post(app, '/auth/refresh', { refresh_token: next.refresh_token })).statusCode, 200);
    },
  );
}

t.test('a slow Redis: 503 within a second, and no unacknowledged change', async (t) => {
  const { refresh_token } = await login(app);
  const client = auth.redisClient();
  await client.call('CLIENT', 'PAUSE', '600', 'ALL');
  await isQuick503(t, 'refresh', () => post(app, '/auth/refresh', { refresh_token }));
  await client.ping(); // answered when the pause is over
  await waitFor(works);
  t.equal(
    (await post(app, '/auth/refresh', { refresh_token })).statusCode,
    200,
    'the token was not consumed',
  );
});

t.test('a Postgres that is busy: 503 within a second, and afterwards all requests work', async (t) => {
  const { refresh_token } = await login(app);
  const other = new pg.Client({ connectionString: postgres.url });
  await other.connect();
  await other.query('BEGIN; LOCK TABLE users');
  await isQuick503(t, 'login', () => post(app, '/auth/login', ADMIN));
  t.equal((await post(app, '/auth/refresh', { refresh_token })).statusCode, 200, 'it reads no table');
  await other.end();
  await waitFor(works);
});

t.test('a Redis that fails while a user is disabled leaves the user enabled', async (t) => {
  const admin = (await login(app)).access_token;
  const created = await post(
    app,
    '/auth/users',
    { username: 'undecided', password: 'a long enough password' },
    admin,
  );
  await redis.stop();
  await isQuick503(t, 'disable', () =>
    patch(app, `/auth/users/${created.json().id}`, { disabled: true }, admin),
  );
  await redis.start();
  await waitFor(works);
  t.match((await get(app, `/auth/users/${created.json().id}`, admin)).json(), { disabled: false });
});

t.test(
  'a service without its stores starts, answers 503, and works as soon as the stores are there',
  async (t) => {
    await Promise.all([postgres.stop(), redis.stop()]);
    const restarted = await auth.start();
    await isQuick503(t, 'keys', () => get(restarted, '/.well-known/jwks.json'));
    await isQuick503(t, 'login', () => post(restarted, '/auth/login', ADMIN));
    t.equal((await get(restarted, '/livez')).statusCode, 200);
    t.equal((await get(restarted, '/readyz')).statusCode, 503);
    await Promise.all([postgres.start(), redis.start()]);
    await waitFor(async () => (await get(restarted, '/readyz')).statusCode === 200);
    t.equal((await post(restarted, '/auth/login', ADMIN)).statusCode, 200);
  },
);

t.test('after Redis lost its data, the old tokens are refused and new tokens work', async (t) => {
  const { access_token, refresh_token } = await login(app);
  await auth.redisClient().flushall();
  t.equal((await post(app, '/auth/refresh', { refresh_token })).statusCode, 401);
  const fresh = await login(app);
  t.equal((await get(app, '/auth/me', fresh.access_token)).statusCode, 200);
  t.equal((await get(app, '/auth/me', access_token)).statusCode, 401);
});
