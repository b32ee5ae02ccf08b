import { metricsOf } from '@pair/test-kit';
import t from 'tap';
import { customersDatabase } from './support/database.ts';
import { customersProcess, ready } from './support/service.ts';

const { url: databaseUrl, client } = await customersDatabase(t);
const { app, send } = await customersProcess(t, { databaseUrl }, { METRICS_PORT: 0 });
await ready(app);

t.test('batches and connections are measured', async (t) => {
  await client.query("INSERT INTO customers (id, name, dob) VALUES (gen_random_uuid(), 'Ann', '1960-05-25')");
  const [first] = (await send('GET', '/customers?n=1')).json().items;
  await Promise.all(Array.from({ length: 20 }, () => send('GET', `/customers/${first.id}`)));

  const value = await metricsOf(app);
  t.equal(value('customers_batch_size_sum'), 21, 'each read of a customer or of the list is in a batch');
  t.ok((value('customers_batch_size_count') ?? 99) < 21);
  t.equal(
    value('db_client_connection_pending_requests{db_client_connection_pool_name="customers"}'),
    0,
    'customers',
  );
});
