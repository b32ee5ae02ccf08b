import { metricsOf, waitFor } from '@pair/test-kit';
import t from 'tap';
import { customersDatabase } from '../support/database.ts';
import { customersProcess, ready } from '../support/service.ts';

const { url: databaseUrl } = await customersDatabase(t);
const { app, send } = await customersProcess(t, { databaseUrl }, { METRICS_PORT: 0 });
await ready(app);

t.test('rows of files, and connections for files, are measured', async (t) => {
  const file = 'name,dob\nBob,1970-01-01\nEve,1971-01-01\nNo,1-1\n';
  const importing = (query: string) =>
    send('POST', `/customers/import?on_error=skip${query}`, {
      body: file,
      headers: { 'content-type': 'text/csv' },
    });
  t.equal((await importing('')).statusCode, 200);
  t.equal((await importing('&dry_run=true')).statusCode, 200);
  t.equal((await send('GET', '/customers/export', { headers: { accept: 'text/csv' } })).statusCode, 200);
  await waitFor(async () => (await metricsOf(app))('customers_export_rows_total') === 2);

  const value = await metricsOf(app);
  t.equal(value('customers_import_rows_total{outcome="created"}'), 2, 'a dry run creates none');
  t.equal(value('customers_import_rows_total{outcome="skipped"}'), 1);
  for (const pool of ['customers: import', 'customers: export']) {
    t.equal(
      value(`db_client_connection_pending_requests{db_client_connection_pool_name="${pool}"}`),
      0,
      pool,
    );
  }
});
