import { testRedis, waitFor } from '@pair/test-kit';
import { Redis } from 'ioredis';
import t from 'tap';
import { customersDatabase } from './support/database.ts';
import { answers200, areQuick503s, routesOf } from './support/faults.ts';
import { customersProcess, ready, redisWithEpoch } from './support/service.ts';

for (const how of ['stopped', 'paused'] as const) {
  t.test(
    `Redis ${how}: answers until nobody can know who signed out, then 503s, then answers again`,
    async (t) => {
      const { url: databaseUrl } = await customersDatabase(t);
      const redis = await redisWithEpoch(t);
      const service = await customersProcess(
        t,
        { databaseUrl, redisUrl: redis.url },
        { REVOCATION_MAX_STALENESS_SECONDS: 2 },
      );
      await ready(service.app);
      const routes = await routesOf(service);
      if (how === 'stopped') await redis.stop();
      else redis.pause();
      t.equal((await service.send('GET', '/customers?n=5')).statusCode, 200, 'not at once');
      await waitFor(async () => (await service.send('GET', '/customers?n=5')).statusCode !== 200);
      await areQuick503s(t, service, routes);
      if (how === 'stopped') await redis.start();
      else redis.resume();
      await answers200(service);
    },
  );
}

t.test('a Redis that lost its data: tokens from before are 401', async (t) => {
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
});

t.test('a Redis that refuses our password is 503, not 401 and not 500', async (t) => {
  const { url: databaseUrl } = await customersDatabase(t);
  const redis = await testRedis(t, { args: ['--requirepass', 'secret'] });
  const service = await customersProcess(t, { databaseUrl, redisUrl: redis.url });
  t.match((await service.send('GET', '/customers?n=5')).json(), { status: 503 });
});
