import net from 'node:net';
import { freePort, isWithin, testProxy, testRedis, waitFor } from '@pair/test-kit';
import type { FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { redis } from '../../src/index.ts';
import { startedProcess } from '../support/process.ts';

const service = (redisUrl: string) => async (app: FastifyInstance) => {
  await app.register(redis, { settings: { REDIS_URL: redisUrl }, name: 'test' });
  app.get('/incr', async () => ({ n: await app.redis.incr('n') }));
  app.get('/fill', async () => {
    const writes = app.redis.pipeline();
    for (let n = 0; n < 3_000; n++) writes.incr('n');
    await writes.exec();
    return {};
  });
  app.get('/wrong', async () => app.redis.lpush('n', 1));
  app.get('/busy', async () => {
    const n = app.redis.incr('n');
    const until = Date.now() + 1_500;
    while (Date.now() < until); // the answer arrives, and this process does not read it
    return { n: await n };
  });
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
  t.ok(isWithin(answer.tookMs, 500), `${name}: within half a second (${answer.tookMs} ms)`);
}

t.test('a process starts without its Redis, logs that once, and connects later', async (t) => {
  const server = await testRedis(t);
  await server.stop();
  const { app, logged } = await startedProcess(t, [service(server.url)]);
  isQuick503(t, await timed(app, '/incr'), 'away');
  const refusal = logged().find((line) => line.msg === 'unavailable');
  t.match(
    refusal,
    { err: { message: /enableOfflineQueue/ } },
    'the command is refused at once and waits in no queue',
  );
  t.match(await timed(app, '/readyz'), { status: 503, body: { detail: 'Not ready: test: Redis.' } });
  const warnings = () => logged().filter((line) => line.msg === 'no connection to Redis').length;
  await waitFor(() => warnings() > 0);
  await server.start();
  await waitFor(async () => (await timed(app, '/incr')).status === 200);
  t.match(await timed(app, '/readyz'), { status: 200 });
  t.equal(warnings(), 1, 'one line, not one for each attempt');
});

t.test('a paused or stopped Redis causes a quick 503, and serves again once it is back', async (t) => {
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

t.test('a Redis that loads its data serves as soon as it has loaded them', async (t) => {
  // the writes of /fill take half a second to load; meanwhile Redis replies LOADING
  const server = await testRedis(t, { args: ['--key-load-delay', '100'] });
  const { app } = await startedProcess(t, [service(server.url)]);
  await waitFor(async () => (await timed(app, '/incr')).status === 200);
  t.equal((await timed(app, '/fill')).status, 200);
  await server.stop();
  await server.start();
  const startedAt = Date.now();
  await waitFor(async () => (await timed(app, '/incr')).status === 200);
  const tookMs = Date.now() - startedAt;
  t.ok(isWithin(tookMs, 500), `within half a second (${tookMs} ms)`);
});

t.test('a command is not sent again when its reply is lost: Redis may have run it', async (t) => {
  const server = await testRedis(t);
  let cut = false;
  const proxy = net.createServer((client) => {
    const upstream = net.connect(server.port, '127.0.0.1');
    client.pipe(upstream);
    upstream.on('data', (answer) => {
      if (cut) client.destroy();
      else client.write(answer);
      cut = false;
    });
    for (const socket of [client, upstream]) socket.on('error', () => {});
    client.on('close', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => proxy.close());
  const { port } = proxy.address() as net.AddressInfo;

  const { app } = await startedProcess(t, [service(`redis://127.0.0.1:${port}`)]);
  await waitFor(async () => (await timed(app, '/incr')).status === 200);
  const before = (await timed(app, '/incr')).body.n;
  cut = true;
  isQuick503(t, await timed(app, '/incr'), 'its reply is lost');
  await waitFor(async () => (await timed(app, '/readyz')).status === 200);
  t.equal((await timed(app, '/incr')).body.n, before + 2, 'the lost command counts once, this one once');
});

t.test('a connection that loses its packets is replaced within two seconds', async (t) => {
  const server = await testRedis(t);
  const proxy = await testProxy(t, server.port);
  const { app } = await startedProcess(t, [service(`redis://127.0.0.1:${proxy.port}`)]);
  t.equal((await timed(app, '/incr')).status, 200);
  proxy.silenceOpen();
  const answers = await Promise.all(Array.from({ length: 5 }, () => timed(app, '/incr')));
  for (const answer of answers) isQuick503(t, answer, 'silent');
  await waitFor(async () => (await timed(app, '/incr')).status === 200, 1_500);
});

t.test('a process that is busy when the answer arrives does not see an outage', async (t) => {
  const server = await testRedis(t);
  const { app } = await startedProcess(t, [service(server.url)]);
  await app.ready();
  const answers = await Promise.all([timed(app, '/busy'), timed(app, '/incr')]);
  t.same(
    answers.map(({ status }) => status),
    [200, 200],
  );
});

t.test('every request of a burst is answered', async (t) => {
  const server = await testRedis(t);
  const { app } = await startedProcess(t, [service(server.url)]);
  for (const round of ['cold', 'warm']) {
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => timed(app, '/incr')));
    t.same([...new Set(answers.map(({ status }) => status))], [200], round);
  }
});

t.test(
  'after a Redis becomes a replica, the client connects again: another server may have its address',
  async (t) => {
    const server = await testRedis(t);
    const { app } = await startedProcess(t, [service(server.url)]);
    t.equal((await timed(app, '/incr')).status, 200);
    const operator = new Redis(server.url);
    t.teardown(() => operator.disconnect());
    const connections = async () =>
      String(await operator.call('CLIENT', 'LIST')).match(/(?<=id=)\d+(?=.* name=test )/g);
    const before = await connections();
    await operator.replicaof('127.0.0.1', await freePort());
    isQuick503(t, await timed(app, '/incr'), 'read-only');
    await waitFor(async () => (await connections())?.join() !== before?.join());
    await operator.replicaof('no', 'one');
    await waitFor(async () => (await timed(app, '/incr')).status === 200, 1_500);
  },
);

t.test('a wrong command is a 500', async (t) => {
  const server = await testRedis(t);
  const { app } = await startedProcess(t, [service(server.url)]);
  await waitFor(async () => (await timed(app, '/incr')).status === 200);
  t.match(await timed(app, '/wrong'), { status: 500, body: { code: 'internal_error' } });
});

t.test('a process closes at once, even if it never reached Redis', async (t) => {
  const { app } = await startedProcess(t, [service(`redis://127.0.0.1:${await freePort()}`)]);
  await app.ready();
  const started = Date.now();
  await app.close();
  t.ok(Date.now() - started < 500);
});
