import { once } from 'node:events';
import { request } from 'node:http';
import { PRODUCTION_LIMITS, testPostgres, waitFor } from '@pair/test-kit';
import t from 'tap';
import { migrateCustomers } from '../../../src/index.ts';
import { connected } from '../../support/database.ts';
import { baseUrl, customersProcess, ready } from '../../support/service.ts';
import { fiveMinutes } from '../support/five-minutes.ts';

t.test('an import ends in time also if PostgreSQL is paused in its middle', async (t) => {
  const server = await testPostgres(t);
  await migrateCustomers(server.url);
  const { app, token } = await customersProcess(t, { databaseUrl: server.url }, {}, PRODUCTION_LIMITS);
  await ready(app);
  const client = await connected(t, server.url);
  const pass = fiveMinutes(t);
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
