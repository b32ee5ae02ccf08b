import { freePort, testRedis } from '@pair/test-kit';
import t from 'tap';
import { awaitRedis, OperatorError } from '../../src/index.ts';

t.test('awaitRedis waits for a Redis that is stopped or silent', async (t) => {
  const server = await testRedis(t);
  await server.stop();
  const stopped = awaitRedis({ REDIS_URL: server.url }, 10_000);
  await server.start();
  await stopped;
  server.pause();
  const silent = awaitRedis({ REDIS_URL: server.url }, 10_000);
  server.resume();
  await silent;
});

t.test(
  'the wait has an end, and its error names the reason and the next step, but no password',
  async (t) => {
    const server = await testRedis(t);
    const wrong = server.url.replace('redis://', 'redis://user:hunter2@');
    for (const [url, reason] of [
      [
        `redis://user:hunter2@127.0.0.1:${await freePort()}`,
        /^Redis did not answer within 1 s: .*ECONNREFUSED.*\. Start it/,
      ],
      [wrong, /^Redis did not answer within 1 s: WRONGPASS/],
    ] as const) {
      const error = await awaitRedis({ REDIS_URL: url }, 1_000).catch((reason) => reason);
      t.ok(error instanceof OperatorError);
      t.match(error.message, reason);
      t.notMatch(error.message, /hunter2|\n/);
    }
  },
);
