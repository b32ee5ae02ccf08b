import { mintClaims, PRODUCTION_LIMITS, type Teardown, testRedis, waitFor } from '@pair/test-kit';
import { Redis } from 'ioredis';
import t from 'tap';
import { customersDatabase } from './support/database.ts';
import { answers200, areQuick503s, routesOf } from './support/faults.ts';
import { customersProcess, ready, redisWithEpoch } from './support/service.ts';

for (const how of ['stopped', 'paused'] as const) {
  t.test(
    `Redis ${how}: answers up to the staleness bound, then 503s, and answers within a second of its return`,
    async (t) => {
      const { url: databaseUrl } = await customersDatabase(t);
      const redis = await redisWithEpoch(t);
      const service = await customersProcess(
        t,
        { databaseUrl, redisUrl: redis.url },
        { REVOCATION_MAX_STALENESS_SECONDS: 2 },
        PRODUCTION_LIMITS,
      );
      await ready(service.app);
      const routes = await routesOf(service);
      const revoked = await service.key.sign(mintClaims({ sid: 'signed-out' }));
      await revoke(t, redis.url, 'signed-out');
      const withRevoked = async () =>
        (await service.send('GET', '/customers?n=5', { token: revoked })).statusCode;
      await waitFor(async () => (await withRevoked()) === 401);

      if (how === 'stopped') await redis.stop();
      else redis.pause();
      t.equal((await service.send('GET', '/customers?n=5')).statusCode, 200, 'not at once');
      t.equal(await withRevoked(), 401, 'a known revocation stays');
      await waitFor(async () => (await service.send('GET', '/customers?n=5')).statusCode !== 200);
      await areQuick503s(t, service, routes);
      t.equal(await withRevoked(), 503);
      if (how === 'stopped') await redis.start();
      else redis.resume();
      await answers200(service, 1_000);
      t.equal(await withRevoked(), 401);
    },
  );
}

t.test('after Redis lost its data, tokens from before are 401, and the log gives the reason', async (t) => {
  const { url: databaseUrl } = await customersDatabase(t);
  const redis = await redisWithEpoch(t);
  const service = await customersProcess(t, { databaseUrl, redisUrl: redis.url });
  await ready(service.app);
  await answers200(service);
  const client = new Redis(redis.url);
  t.teardown(() => client.disconnect());
  await client.flushall();
  await client.set('{auth}:epoch', 'another');
  await waitFor(async () => (await service.send('GET', '/customers?n=5')).statusCode === 401);
  t.match(service.log(), 'Redis has other data than before: access tokens from before are refused');
});

t.test('a Redis that refuses the password is a 503, neither 401 nor 500', async (t) => {
  const { url: databaseUrl } = await customersDatabase(t);
  const redis = await testRedis(t, { args: ['--requirepass', 'secret'] });
  const service = await customersProcess(t, { databaseUrl, redisUrl: redis.url });
  t.match((await service.send('GET', '/customers?n=5')).json(), { status: 503 });
});

t.test(
  'an outage of auth does not disturb the feed: revocations arrive, and other tokens are accepted',
  async (t) => {
    const { url: databaseUrl } = await customersDatabase(t);
    const redis = await redisWithEpoch(t);
    const service = await customersProcess(t, { databaseUrl, redisUrl: redis.url });
    await ready(service.app);
    await service.jwks.stop();
    const revoked = await service.key.sign(mintClaims({ sid: 'signed-out' }));
    const statusOf = async (token: string) =>
      (await service.send('GET', '/customers?n=5', { token })).statusCode;
    t.equal(await statusOf(revoked), 200);
    await revoke(t, redis.url, 'signed-out');
    await waitFor(async () => (await statusOf(revoked)) === 401, 1_000);
    t.equal(await statusOf(service.token), 200);
  },
);

async function revoke(t: Teardown, url: string, sid: string): Promise<void> {
  const client = new Redis(url);
  t.teardown(() => client.disconnect());
  await client.xadd('{auth}:revocations', '*', 'sid', sid, 'until', Math.ceil(Date.now() / 1_000) + 665);
  client.disconnect();
}
