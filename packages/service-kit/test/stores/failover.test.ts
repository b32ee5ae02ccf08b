import { execute, isWithin, type TestServer, testStandby, waitFor } from '@pair/test-kit';
import type { FastifyInstance } from 'fastify';
import t, { type Test } from 'tap';
import { postgres } from '../../src/index.ts';
import { startedProcess } from '../support/process.ts';

const CONNECTIONS = 10;

async function started(t: Test) {
  const lab = await testStandby(t);
  const databaseUrl = await lab.database();
  await execute(databaseUrl, ['CREATE TABLE things (id integer)']);
  const { app } = await startedProcess(t, [
    async (app: FastifyInstance) => {
      await app.register(postgres, { databaseUrl, name: 'test' });
      app.get('/read', async () => (await app.pg.query('SELECT')).rows);
      app.get('/write', async () => (await app.pg.query('INSERT INTO things VALUES (1)')).rows);
    },
  ]);
  const send = async (url: string) => (await app.inject(url)).statusCode;
  const connections = async (server: TestServer) =>
    (await lab.connectionsOf(server)).filter(({ name, isWaiting }) => name === 'test' && !isWaiting).length;
  await app.ready();
  await waitFor(async () => (await connections(lab.primary)) >= CONNECTIONS);
  return { lab, send, connections };
}

t.test('no connection stays with an old primary that was paused', async (t) => {
  const { lab, send, connections } = await started(t);
  const old = lab.primary;
  old.pause();
  await waitFor(async () => (await send('/read')) === 503);
  // the pool tries to open connections, and the paused server does not answer
  await lab.failOver('keeps connections');
  const promotedAt = performance.now();
  await waitFor(async () => (await send('/read')) === 200);
  const tookMs = performance.now() - promotedAt;
  t.ok(isWithin(tookMs, 1_000), `another attempt leads to the new primary soon (${tookMs.toFixed()} ms)`);

  old.resume();
  await waitFor(async () => (await connections(lab.primary)) >= CONNECTIONS);
  t.equal(await connections(old), 0, 'the attempts from before have not joined the pool');
});

t.test('no connection stays with an old primary that goes on, once its writes hang', async (t) => {
  const { lab, send, connections } = await started(t);
  const old = lab.primary;
  await lab.failOver('keeps connections');
  t.equal(await send('/read'), 200, 'of the old primary, which still answers');
  t.same(await Promise.all([1, 2, 3].map(() => send('/write'))), [503, 503, 503]);
  await waitFor(async () => (await send('/write')) === 200);
  await waitFor(async () => (await connections(old)) === 0);
});
