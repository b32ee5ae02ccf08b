import { metricsOf } from '@pair/test-kit';
import t from 'tap';
import { customersDatabase } from '../support/database.ts';
import { customersProcess, ready } from '../support/service.ts';

const { url: databaseUrl } = await customersDatabase(t);
const { app, send } = await customersProcess(t, { databaseUrl }, { METRICS_PORT: 0 });
await ready(app);

t.test('replays are measured', async (t) => {
  const replays = 'customers_idempotent_replays_total';
  t.equal((await metricsOf(app))(replays), 0, 'a rate needs the zero');
  const create = () =>
    send('POST', '/customers', {
      body: { name: 'Ann', dob: '1960-05-25' },
      headers: { 'idempotency-key': 'one' },
    });
  t.equal((await create()).statusCode, 201);
  t.equal((await create()).statusCode, 201);
  t.equal((await metricsOf(app))(replays), 1);
});
