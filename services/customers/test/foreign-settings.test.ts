import { setForeignSettings, testDatabase } from '@pair/test-kit';
import t from 'tap';
import { migrateCustomers } from '../src/index.ts';
import { customersProcess, ready } from './support/service.ts';

const ANN = { name: 'Ann', dob: '1990-05-15' };

t.test('settings of a foreign database change neither a migration nor an answer', async (t) => {
  const databaseUrl = await testDatabase(t);
  await setForeignSettings(databaseUrl);
  await migrateCustomers(databaseUrl);
  const { app, send } = await customersProcess(t, { databaseUrl });
  await ready(app);
  const created = await send('POST', '/customers', { body: ANN, headers: { 'idempotency-key': 'once' } });
  t.match(created, { statusCode: 201, body: /"dob":"1990-05-15"/ });
  const { id, updated_at } = created.json();
  t.ok(Math.abs(Date.parse(updated_at) - Date.now()) < 60_000, 'updated_at is in UTC');
  t.match((await send('GET', '/customers?n=5')).json(), { items: [{ ...ANN, updated_at }] });
  t.match((await send('PATCH', `/customers/${id}`, { body: { name: 'Anna' } })).json(), { dob: ANN.dob });
  const file = await send('GET', '/customers/export');
  t.match(file.body, `${id},Anna,1990-05-15,`);
  const imported = await send('POST', '/customers/import', {
    body: 'name,dob\nBob,1960-05-25\n',
    headers: { 'content-type': 'text/csv' },
  });
  t.match(imported.json(), { created: 1 });
});
