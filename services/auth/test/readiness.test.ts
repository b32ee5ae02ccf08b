import { freePort, waitFor } from '@pair/test-kit';
import t from 'tap';
import { ADMIN, get, post, startAuth } from './support/auth-under-test.ts';

const auth = await startAuth(t);
const { app } = auth;
const isReady = async () => (await get(app, '/readyz')).statusCode === 200;
const signIn = async () => (await post(app, '/auth/login', ADMIN)).statusCode;

t.test('a full Redis answers, but no user can sign in: the service is not ready', async (t) => {
  const client = auth.redisClient();
  await waitFor(isReady);
  await client.config('SET', 'maxmemory', '1');
  t.equal(await signIn(), 503);
  t.match((await get(app, '/readyz')).json(), { status: 503, detail: /auth: Redis/ });
  await client.config('SET', 'maxmemory', '0');
  await waitFor(isReady);
  t.equal(await signIn(), 200);
});

t.test(
  'a Redis that became a replica takes no writes: the service is not ready until Redis is a primary',
  async (t) => {
    const client = auth.redisClient();
    await waitFor(isReady);
    await client.replicaof('127.0.0.1', await freePort());
    t.equal(await signIn(), 503);
    t.match((await get(app, '/readyz')).json(), { status: 503, detail: /auth: Redis/ });
    await client.replicaof('no', 'one');
    await waitFor(isReady);
    t.equal(await signIn(), 200);
  },
);
