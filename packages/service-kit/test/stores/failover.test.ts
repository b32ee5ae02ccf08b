import { isWithin, type TestServer, testStandby, waitFor } from '@pair/test-kit';
import type { FastifyInstance } from 'fastify';
import t from 'tap';
import { postgres } from '../../src/index.ts';
import { startedProcess } from '../support/process.ts';

const CONNECTIONS = 10;

t.test('no connection stays with an old primary that goes on after the failover', async (t) => {
  const lab = await testStandby(t);
  const databaseUrl = await lab.database();
  const { app } = await startedProcess(t, [
    async (app: FastifyInstance) => {
      await app.register(postgres, { databaseUrl, name: 'test' });
      app.get('/read', async () => (await app.pg.query('SELECT')).rows);
    },
  ]);
  const read = async () => (await app.inject('/read')).statusCode;
  const connections = async (server: TestServer) =>
    (await lab.connectionsOf(server)).filter(({ name }) => name === 'test').length;
  await app.ready();
  await waitFor(async () => (await connections(lab.primary)) >= CONNECTIONS);

  const old = lab.primary;
  old.pause();
  await waitFor(async () => (await read()) === 503);
  // the pool tries to open connections, and the paused server does not answer
  await lab.failOver('keeps connections');
  const promotedAt = performance.now();
  await waitFor(async () => (await read()) === 200);
  const tookMs = performance.now() - promotedAt;
  t.ok(isWithin(tookMs, 1_000), `another attempt leads to the new primary soon (${tookMs.toFixed()} ms)`);

  old.resume();
  await waitFor(async () => (await connections(lab.primary)) >= CONNECTIONS);
  t.equal(await connections(old), 0, 'the attempts from before have not joined the pool');
});
