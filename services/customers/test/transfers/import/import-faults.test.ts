import { once } from 'node:events';
import { request } from 'node:http';
import { PRODUCTION_LIMITS, testPostgres, waitFor } from '@pair/test-kit';
import t, { type Test } from 'tap';
import { migrateCustomers } from '../../../src/index.ts';
import { connected } from '../../support/database.ts';
import { baseUrl, customersProcess, ready } from '../../support/service.ts';
import { FIVE_MINUTES_MS, heldTimers } from '../support/held-timers.ts';

const COMMIT_LIMIT_MS = 30_000;

t.test('an import ends in time also if PostgreSQL is paused in its middle', async (t) => {
  const server = await testPostgres(t);
  await migrateCustomers(server.url);
  const { app, token } = await customersProcess(t, { databaseUrl: server.url }, {}, PRODUCTION_LIMITS);
  await ready(app);
  const client = await connected(t, server.url);
  const pass = heldTimers(t, FIVE_MINUTES_MS);
  const upload = request(`${baseUrl(app)}/customers/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' },
  });
  upload.write('name,dob\nAnn,1960-05-25\n');
  await waitFor(async () => {
    const { rows } = await client.query("SELECT FROM pg_stat_activity WHERE query LIKE 'COPY %'");
    return rows.length === 1;
  });
  server.pause();
  pass();
  const [response] = await once(upload, 'response');
  t.equal(response.statusCode, 408);
  response.resume();
  upload.on('error', () => {}).destroy();
  server.resume();
});

/** A server that confirms no commit. */
async function withoutStandby(t: Test) {
  const server = await testPostgres(t);
  await migrateCustomers(server.url);
  await server.standby('absent');
  await server.stop(); // the running server would learn of the setting a moment later
  await server.start();
  const start = () => customersProcess(t, { databaseUrl: server.url }, {}, PRODUCTION_LIMITS);
  type Service = Awaited<ReturnType<typeof start>>;
  const admin = await connected(t, server.superuserUrl);
  const count = async (condition: string) =>
    (
      await admin.query(
        `SELECT FROM pg_stat_activity WHERE application_name = 'customers: import' ${condition}`,
      )
    ).rows.length;
  /** Imports one row, and gives up the wait for its commit. */
  const imported = async ({ app, send }: Service) => {
    await ready(app);
    const before = await count("AND wait_event = 'SyncRep'");
    const pass = heldTimers(t, COMMIT_LIMIT_MS);
    const body = 'name,dob\nAnn,1960-05-25\n';
    const answer = send('POST', '/customers/import', { body, headers: { 'content-type': 'text/csv' } });
    await waitFor(async () => (await count("AND wait_event = 'SyncRep'")) === before + 1);
    pass();
    return answer;
  };
  return { server, start, count, imported };
}

t.test('an import without a confirmed commit is a 503 that promises nothing', async (t) => {
  const { server, start, count, imported } = await withoutStandby(t);
  const [service, stopping] = [await start(), await start()];

  const response = await imported(service);
  t.match(response.json(), { status: 503, code: 'unavailable', detail: /may exist now, or later/ });
  t.equal(response.headers['retry-after'], '1');
  t.equal(await count(''), 1, 'no other backend takes its place while this one waits');

  await imported(stopping);
  await stopping.app.close();

  await server.standby('present');
  await waitFor(async () => (await count('')) === 0);
  const list = await service.send('GET', '/customers?n=1');
  t.match(list.json(), { items: [{ name: 'Ann' }] }, 'it was saved all the same');
});

t.test('a process survives that PostgreSQL crashes while a commit of an import waits', async (t) => {
  const { server, start, imported } = await withoutStandby(t);
  const service = await start();
  t.equal((await imported(service)).statusCode, 503);
  await server.kill();
  await waitFor(async () => (await service.send('GET', '/customers?n=1')).statusCode === 503);
  await server.start();
  await waitFor(async () => (await service.send('GET', '/customers?n=1')).statusCode === 200);
});
