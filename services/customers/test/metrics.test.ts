import { metricsOf, waitFor } from '@pair/test-kit';
import t from 'tap';
import { customersDatabase } from './support/database.ts';
import { customersProcess, ready } from './support/service.ts';

const { url: databaseUrl } = await customersDatabase(t);
const { app, send } = await customersProcess(t, { databaseUrl }, { METRICS_PORT: 0 });
await ready(app);

t.test('replays, rows of files, batches and connections are measured', async (t) => {
  const replays = 'customers_idempotent_replays_total';
  t.equal((await metricsOf(app))(replays), 0, 'a rate needs the zero');
  const create = () =>
    send('POST', '/customers', {
      body: { name: 'Ann', dob: '1960-05-25' },
      headers: { 'idempotency-key': 'one' },
    });
  t.equal((await create()).statusCode, 201);
  t.equal((await create()).statusCode, 201);
  const file = 'name,dob\nBob,1970-01-01\nEve,1971-01-01\nNo,1-1\n';
  const importing = (query: string) =>
    send('POST', `/customers/import?on_error=skip${query}`, {
      body: file,
      headers: { 'content-type': 'text/csv' },
    });
  t.equal((await importing('')).statusCode, 200);
  t.equal((await importing('&dry_run=true')).statusCode, 200);
  const [first] = (await send('GET', '/customers?n=1')).json().items;
  await Promise.all(Array.from({ length: 20 }, () => send('GET', `/customers/${first.id}`)));
  t.equal((await send('GET', '/customers/export', { headers: { accept: 'text/csv' } })).statusCode, 200);
  await waitFor(async () => (await metricsOf(app))('customers_export_rows_total') === 3);

  const value = await metricsOf(app);
  t.equal(value(replays), 1);
  t.equal(value('customers_import_rows_total{outcome="created"}'), 2, 'a dry run creates none');
  t.equal(value('customers_import_rows_total{outcome="skipped"}'), 1);
  t.equal(value('customers_batch_size_sum'), 21, 'each read of a customer or of the list is in a batch');
  t.ok((value('customers_batch_size_count') ?? 99) < 21);
  for (const pool of ['customers', 'customers: import', 'customers: export']) {
    t.equal(
      value(`db_client_connection_pending_requests{db_client_connection_pool_name="${pool}"}`),
      0,
      pool,
    );
  }
});
