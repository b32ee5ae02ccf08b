import { NOT_REPLICATED, replication } from '@pair/service-kit';
import { isWithin, testRedis, waitFor } from '@pair/test-kit';
import { Redis } from 'ioredis';
import t from 'tap';
import { withRedis } from '../../src/commands/stores.ts';
import { FENCE_KEY } from '../../src/redis/replicas.ts';

const primary = await testRedis(t);
const replica = () => testRedis(t, { args: ['--replicaof', '127.0.0.1', String(primary.port)] });
const redis = new Redis(primary.url);
t.teardown(() => redis.disconnect());
let nowMs = 0;
const fence = { key: FENCE_KEY, onLoss: async () => {} };
const barrier = replication(redis, { replicas: 2, fence, now: () => nowMs });
t.teardown(barrier.stop);
const pass = () => barrier.confirmed(redis.stream).then(() => true);
const calls = async (command: string) => {
  const stats = await redis.info('commandstats');
  return Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(stats)?.[1] ?? 0);
};

t.test('without replicas nothing waits', async (t) => {
  t.equal(replication(redis, { replicas: 0, fence }), NOT_REPLICATED);
});

t.test('without any replica no answer passes, however long that takes', async (t) => {
  await redis.set('key', 'value');
  await t.rejects(pass(), { name: 'StoreUnavailable', message: '0 of 2 replicas have the writes' });
  nowMs += 3_600_000;
  await t.rejects(pass(), { message: '0 of 1 replicas have the writes' });
});

t.test('during a shortage one replica suffices, until both are back', async (t) => {
  await replica();
  await waitFor(pass);
  t.pass('one suffices');
  const second = await replica();
  // the probe of each second sees both in INFO; from then on both are needed
  await waitFor(async () => {
    await pass();
    const info = await redis.info('replication');
    return info.match(/state=online/g)?.length === 2;
  });
  await waitFor(async () => {
    second.pause();
    const passed = await pass().catch(() => false);
    second.resume();
    return !passed;
  });
  await waitFor(pass);
});

t.test('all answers that arrive during a barrier share the next one', async (t) => {
  const before = await calls('wait');
  await Promise.all(Array.from({ length: 200 }, pass));
  t.ok((await calls('wait')) - before <= 3, 'and one of the probe');
});

t.test('a barrier after writes alone writes nothing, except over a new connection', async (t) => {
  await pass();
  const written = () => barrier.confirmed(redis.stream, { hasWritten: true });
  const before = await calls('incr');
  for (let i = 0; i < 50; i++) {
    await redis.set('key', i);
    await written();
  }
  t.ok((await calls('incr')) - before <= 5, 'only the probe of each second counts');
  await Promise.all([written(), pass()]);
  t.ok((await calls('incr')) > before, 'an answer that has only read needs the count');

  const old = redis.stream;
  redis.disconnect(true);
  await waitFor(() => redis.stream !== old && redis.status === 'ready');
  const count = Number(await redis.get('{auth}:fence'));
  await waitFor(() => written().then(() => true));
  t.ok(Number(await redis.get('{auth}:fence')) > count, 'the new primary may have lost writes');
});

t.test('an answer from another connection does not pass', async (t) => {
  const old = redis.stream;
  redis.disconnect(true);
  await waitFor(() => redis.stream !== old && redis.status === 'ready');
  await t.rejects(barrier.confirmed(old), { message: 'the connection to Redis has changed' });
  await waitFor(pass);
});

t.test('a smaller fence is a loss, and no answer passes until all sessions have ended', async (t) => {
  let losses = 0;
  const client = new Redis(primary.url);
  const watching = replication(client, {
    replicas: 2,
    fence: {
      key: FENCE_KEY,
      onLoss: async () => {
        losses += 1;
        if (losses === 1) throw new Error('not yet');
      },
    },
  });
  t.teardown(() => {
    watching.stop();
    client.disconnect();
  });
  await client.ping();
  await waitFor(() => watching.confirmed(client.stream).then(() => true));
  await client.set('{auth}:fence', 0);
  await waitFor(() => losses === 2);
  await waitFor(() => watching.confirmed(client.stream).then(() => true));
  t.equal(losses, 2);
});

t.test('a command waits until one replica suffices', async (t) => {
  const settings = { REDIS_URL: primary.url, REDIS_REPLICAS: 2 };
  t.equal(await withRedis(settings, async () => 'done'), 'done');
  const alone = await testRedis(t);
  const started = performance.now();
  await t.rejects(
    withRedis({ REDIS_URL: alone.url, REDIS_REPLICAS: 2 }, async () => t.fail('it has begun')),
    { name: 'OperatorError', message: /^The command did not finish: 0 of 1 replicas/ },
  );
  t.ok(isWithin(performance.now() - started, 12_000));
});
