import { buildProcess, type RedisSettings, redis } from '@pair/service-kit';
import { metricsOf, testRedis, waitFor } from '@pair/test-kit';
import type { FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { redisNode } from '../../src/redis/node-check.ts';
import type { NodeSetting, Verdict } from '../../src/redis/node-settings.ts';

/** Starts a process that checks a Redis, with the log of its check. */
async function checked(t: Test, settings: RedisSettings) {
  const lines: { level: string; setting?: NodeSetting; msg: string }[] = [];
  let within: FastifyInstance | undefined;
  const app = await buildProcess(
    { LOG_LEVEL: 'info', TRUSTED_PROXIES: [], CORS_ORIGINS: [], METRICS_PORT: 0 },
    [
      async (scope) => {
        within = scope;
        await scope.register(redis, { settings, name: 'auth' });
        await scope.register(redisNode, { settings });
      },
    ],
    { logStream: { write: (line) => void lines.push(JSON.parse(line)) } },
  );
  t.teardown(() => app.close());
  await app.ready();
  return {
    app,
    check: () => within?.checkRedisNode(),
    isReady: async () => (await app.inject('/readyz')).statusCode === 200,
    /** The settings that are wrong or unknown by the metric, each with its state. */
    wrong: async () => {
      const value = await metricsOf(app);
      const states = [...SETTINGS].flatMap((setting) =>
        STATES.map((state) => ({ setting, state, value: value(seriesOf(setting, state)) })),
      );
      t.ok(states.every(({ value }) => value === 0 || value === 1));
      return Object.fromEntries(
        states.filter(({ value }) => value === 1).map(({ setting, state }) => [setting, state]),
      );
    },
    logged: (setting: NodeSetting) =>
      lines.filter((line) => line.setting === setting).map(({ level, msg }) => `${level}: ${msg}`),
  };
}

const SETTINGS: NodeSetting[] = [
  'maxmemory-policy',
  'appendonly',
  'appendfsync',
  'min-replicas-to-write',
  'replicas',
];
const STATES: Verdict[] = ['breaks', 'endangers', 'unknown'];
const seriesOf = (setting: string, state: string) =>
  `auth_redis_settings{setting="${setting}",state="${state}"}`;

async function operator(t: Test, url: string): Promise<Redis> {
  const client = new Redis(url);
  client.on('error', () => {}); // the server stops first
  t.teardown(() => client.disconnect());
  return client;
}

t.test('a Redis with the documented settings is ready, and nothing is wrong', async (t) => {
  const server = await testRedis(t);
  const { isReady, wrong, logged } = await checked(t, { REDIS_URL: server.url });
  t.ok(await isReady());
  t.strictSame(await wrong(), {});
  for (const setting of SETTINGS) t.strictSame(logged(setting), []);
});

t.test('an evicting policy is not ready, from the first answer on, until the next check', async (t) => {
  for (const policy of ['allkeys-lru', 'volatile-ttl']) {
    const server = await testRedis(t, { args: ['--maxmemory-policy', policy] });
    const { app, check, isReady, wrong, logged } = await checked(t, { REDIS_URL: server.url });
    t.match((await app.inject('/readyz')).json(), { status: 503, detail: /auth: settings of Redis/ });
    t.strictSame(await wrong(), { 'maxmemory-policy': 'breaks' });
    t.match(logged('maxmemory-policy').at(-1), `error: Redis may evict a revocation`);
    t.match(logged('maxmemory-policy').at(-1), `set maxmemory-policy noeviction, not ${policy}`);
    const client = await operator(t, server.url);
    await client.config('SET', 'maxmemory-policy', 'noeviction');
    await check();
    t.ok(await isReady());
    t.strictSame(await wrong(), {});
    t.match(logged('maxmemory-policy').at(-1), 'info: maxmemory-policy of Redis is as it should be again');
  }
});

t.test(
  'a Redis that does not write each change to disk is ready, with one warning for each setting',
  async (t) => {
    const server = await testRedis(t, { args: ['--appendfsync', 'everysec'] });
    const { check, isReady, wrong, logged } = await checked(t, { REDIS_URL: server.url });
    t.ok(await isReady());
    await check();
    t.strictSame(await wrong(), { appendfsync: 'endangers' });
    t.match(logged('appendfsync'), ['warn: a crash of the machine undoes the last sign-outs']);
    t.equal(logged('appendfsync').length, 1, 'once');

    const client = await operator(t, server.url);
    await client.config('SET', 'appendonly', 'no');
    await check();
    t.ok(await isReady());
    t.strictSame(await wrong(), { appendonly: 'endangers' });
    t.match(logged('appendonly'), ['warn: a restart of Redis undoes sign-outs: set appendonly yes']);
  },
);

t.test('with REDIS_REPLICAS a primary must refuse writes without its replicas', async (t) => {
  const primary = await testRedis(t, { args: ['--repl-diskless-sync-delay', '0'] });
  const settings = { REDIS_URL: primary.url, REDIS_REPLICAS: 1 };
  const { check, isReady, wrong, logged } = await checked(t, settings);
  t.notOk(await isReady());
  t.strictSame(await wrong(), { 'min-replicas-to-write': 'breaks', replicas: 'endangers' });
  t.match(logged('replicas'), ['warn: Redis has 0 replicas, and REDIS_REPLICAS is 1']);

  const client = await operator(t, primary.url);
  const replica = () => testRedis(t, { args: ['--replicaof', '127.0.0.1', String(primary.port)] });
  const linked = (count: number) =>
    waitFor(async () => (await client.info('replication')).match(/state=online/g)?.length === count);
  await client.config('SET', 'min-replicas-to-write', '1');
  await replica();
  await linked(1);
  await check();
  t.ok(await isReady());
  t.strictSame(await wrong(), {});

  await replica();
  await linked(2);
  await check();
  t.ok(await isReady());
  t.strictSame(await wrong(), { replicas: 'endangers' }, 'the second could be promoted without a write');
});

t.test('a setting that cannot be read is unknown, and the service is ready', async (t) => {
  const rights = '~* -@all +@connection +@read +@write -@dangerous +eval +evalsha +script|load +time +info';
  const byAcl = await testRedis(t, {
    config: [`user auth on >secret ${rights}`],
    args: ['--appendfsync', 'everysec'],
  });
  const byService = await testRedis(t, { config: ['rename-command CONFIG ""'] });
  for (const url of [`redis://auth:secret@127.0.0.1:${byAcl.port}`, byService.url]) {
    const { check, isReady, wrong, logged } = await checked(t, { REDIS_URL: url });
    await check();
    t.ok(await isReady());
    t.strictSame(await wrong(), { appendfsync: 'unknown' });
    t.strictSame(logged('appendfsync'), ['info: appendfsync of Redis is unknown: check it by hand']);
  }
});

t.test('each new connection is checked, and a check without an answer changes nothing', async (t) => {
  const server = await testRedis(t, { args: ['--maxmemory-policy', 'allkeys-lfu'] });
  const { check, wrong, logged } = await checked(t, { REDIS_URL: server.url });
  server.pause();
  await check();
  t.strictSame(await wrong(), { 'maxmemory-policy': 'breaks' });
  server.resume();
  const client = await operator(t, server.url);
  await client.config('SET', 'maxmemory-policy', 'noeviction');
  await client.call('CLIENT', 'KILL', 'TYPE', 'normal');
  await waitFor(async () => Object.keys(await wrong()).length === 0);
  t.equal(logged('maxmemory-policy').length, 2, 'wrong once, and right once');
});
