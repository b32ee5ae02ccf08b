import { type Teardown, testDatabase } from '@pair/test-kit';
import pg from 'pg';
import { migrateCustomers } from '../../src/db/migrate-customers.ts';

/** Creates a database with the tables of the service, and a connection for the test itself. */
export async function customersDatabase(t: Teardown): Promise<{ url: string; client: pg.Client }> {
  const url = await testDatabase(t);
  await migrateCustomers(url);
  return { url, client: await connected(t, url) };
}

export async function connected(t: Teardown, url: string): Promise<pg.Client> {
  // behind PgBouncer the role has the time-outs of the service
  const client = new pg.Client({
    connectionString: url,
    options: '-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0',
  });
  // a test that stops its database breaks this connection too
  client.on('error', () => {});
  await client.connect();
  t.teardown(() => client.end());
  return client;
}
