import { setTimeout as delay } from 'node:timers/promises';
import { isWithin, testRedis, testReplicas, waitFor } from '@pair/test-kit';
import type { FastifyInstance } from 'fastify';
import t from 'tap';
import { awaitRedis, type RedisSettings, redis } from '../../src/index.ts';
import { startedProcess } from '../support/process.ts';

/** A failover takes about two seconds; most of it Sentinel waits to be sure. */
const FAILOVER_LIMIT_MS = 15_000;

const service = (settings: RedisSettings) => async (app: FastifyInstance) => {
  await app.register(redis, { settings, name: 'test' });
  app.get('/incr', async () => ({ n: await app.redis.incr('n') }));
  app.get('/port', async () => ({ port: app.redis.stream.remotePort }));
};

t.test('a process follows the primary through planned and unplanned failovers', async (t) => {
  const lab = await testReplicas(t);
  const { app } = await startedProcess(t, [service({ REDIS_URL: lab.url })]);
  const get = async (url: string) => (await app.inject(url)).json();
  const seen = new Set<number>();
  let isOver = false;
  const traffic = (async () => {
    while (!isOver) {
      seen.add((await app.inject('/incr')).statusCode);
      await delay(20);
    }
  })();
  const follows = async (name: string) => {
    await waitFor(async () => {
      const port = lab.announcedPort(await lab.primary());
      return (await app.inject('/incr')).statusCode === 200 && (await get('/port')).port === port;
    }, FAILOVER_LIMIT_MS);
    t.pass(name);
  };
  await follows('at the start');

  await lab.failover();
  await follows('after a planned failover');

  // the process keeps its connection to a paused server, which would answer it again later
  const paused = await lab.primary();
  paused.pause();
  await waitFor(async () => (await lab.primary()).port !== paused.port, FAILOVER_LIMIT_MS);
  paused.resume();
  await follows('after a pause of the primary');

  lab.sentinels[0]?.pause();
  const killed = await lab.primary();
  await killed.kill();
  await waitFor(async () => (await lab.primary()).port !== killed.port, FAILOVER_LIMIT_MS);
  await follows('after a crash of the primary, with a Sentinel that does not answer');

  lab.sentinels[0]?.resume();

  isOver = true;
  await traffic;
  t.same([...seen].sort(), [200, 503], 'each request got an answer, or 503');
});

t.test('awaitRedis names the trouble with Sentinel in one sentence, without a password', async (t) => {
  const server = await testRedis(t);
  const sentinel = await testRedis(t, {
    args: ['--sentinel'],
    config: ['requirepass watcher', `sentinel monitor known 127.0.0.1 ${server.port} 1`],
  });
  const settings = (name: string, password?: string) => ({
    REDIS_URL: `redis+sentinel://127.0.0.1:${sentinel.port}/${name}`,
    ...(password === undefined ? {} : { REDIS_SENTINEL_PASSWORD: password }),
  });
  await awaitRedis(settings('known', 'watcher'), 10_000);
  for (const [wrong, reason] of [
    [settings('unknown', 'watcher'), 'no Sentinel names a primary: they do not know "unknown"'],
    [settings('known', 'hunter2'), 'no Sentinel names a primary: WRONGPASS'],
    [settings('known'), 'no Sentinel names a primary: NOAUTH'],
  ] as const) {
    await t.rejects(awaitRedis(wrong, 500), { message: new RegExp(`: ${reason}[^\n]*correct REDIS_URL`) });
  }
  const started = performance.now();
  sentinel.pause();
  await t.rejects(awaitRedis(settings('known', 'watcher'), 500), { name: 'OperatorError' });
  t.ok(isWithin(performance.now() - started, 1_500), 'a silent Sentinel makes no command wait for ever');
});
