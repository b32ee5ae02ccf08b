import { freePort, testRedis, waitFor } from '@pair/test-kit';
import type { FastifyInstance } from 'fastify';
import t, { type Test } from 'tap';
import { redis } from '../src/index.ts';
import { startedProcess } from './support/process.ts';

const service = (redisUrl: string) => async (app: FastifyInstance) => {
  await app.register(redis, { redisUrl, name: 'test' });
  app.get('/incr', async () => ({ n: await app.redis.incr('n') }));
  app.get('/wrong', async () => app.redis.lpush('n', 1));
};

async function timed(app: FastifyInstance, url: string) {
  const started = Date.now();
  const response = await app.inject(url);
  return {
    status: response.statusCode,
    headers: response.headers,
    body: response.json(),
    tookMs: Date.now() - started,
  };
}

function isQuick503(t: Test, answer: Awaited<ReturnType<typeof timed>>, name: string) {
  t.match(answer, { status: 503, headers: { 'retry-after': '1' }, body: { code: 'unavailable' } }, name);
  t.ok(answer.tookMs < 500, `${name}: within half a second (${answer.tookMs} ms)`);
}

t.test('a process boots without its Redis, says so once, and finds it later', async (t) => {
  const server = await testRedis(t);
  await server.stop();
  const { app, logged } = await startedProcess(t, [service(server.url)]);
  isQuick503(t, await timed(app, '/incr'), 'away');
  t.match(await timed(app, '/readyz'), { status: 503, body: { detail: 'Not ready: test: Redis.' } });
  const warnings = () => logged().filter((line) => line.msg === 'no connection to Redis').length;
  await waitFor(() => warnings() > 0);
  await server.start();
  await waitFor(async () => (await timed(app, '/incr')).status === 200);
  t.match(await timed(app, '/readyz'), { status: 200 });
  t.equal(warnings(), 1, 'not for each attempt');
});

t.test('a Redis that is paused or stopped is a quick 503, and is used again afterwards', async (t) => {
  const server = await testRedis(t);
  const { app } = await startedProcess(t, [service(server.url)]);
  await waitFor(async () => (await timed(app, '/incr')).status === 200);
  server.pause();
  for (const answer of await Promise.all(Array.from({ length: 20 }, () => timed(app, '/incr')))) {
    isQuick503(t, answer, 'paused');
  }
  server.resume();
  await waitFor(async () => (await timed(app, '/incr')).status === 200);
  await server.stop();
  for (const answer of await Promise.all(Array.from({ length: 20 }, () => timed(app, '/incr')))) {
    isQuick503(t, answer, 'stopped');
  }
  await server.start();
  await waitFor(async () => (await timed(app, '/incr')).status === 200);
});

t.test('a command is never sent a second time', async (t) => {
  const server = await testRedis(t);
  const { app } = await startedProcess(t, [service(server.url)]);
  await waitFor(async () => (await timed(app, '/incr')).status === 200);
  const before = (await timed(app, '/incr')).body.n;
  server.pause();
  isQuick503(t, await timed(app, '/incr'), 'its answer is lost');
  server.resume();
  await waitFor(async () => (await timed(app, '/readyz')).status === 200);
  const { n } = (await timed(app, '/incr')).body;
  t.ok(n - before <= 2, `counted ${n - before - 1} times`);
});

t.test('a command that is wrong is a 500', async (t) => {
  const server = await testRedis(t);
  const { app } = await startedProcess(t, [service(server.url)]);
  await waitFor(async () => (await timed(app, '/incr')).status === 200);
  t.match(await timed(app, '/wrong'), { status: 500, body: { code: 'internal_error' } });
});

t.test('a process closes at once, whether Redis was ever there or not', async (t) => {
  const { app } = await startedProcess(t, [service(`redis://127.0.0.1:${await freePort()}`)]);
  await app.ready();
  const started = Date.now();
  await app.close();
  t.ok(Date.now() - started < 500);
});
