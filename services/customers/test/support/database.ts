import { type Teardown, testDatabase } from '@pair/test-kit';
import pg from 'pg';
import { migrateCustomers } from '../../src/db/migrate-customers.ts';

/** The URL of a database with our tables, and a connection to look into it. */
export async function customersDatabase(t: Teardown): Promise<{ url: string; client: pg.Client }> {
  const url = await testDatabase(t);
  await migrateCustomers(url);
  return { url, client: await connected(t, url) };
}

export async function connected(t: Teardown, url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  // a test that breaks its database breaks this connection too
  client.on('error', () => {});
  await client.connect();
  t.teardown(() => client.end());
  return client;
}
