import { awaitPostgres, loadJobConfig, run } from '@pair/service-kit';
import { MigrateConfigSchema } from './config.ts';
import { migrateCustomers } from './db/migrate-customers.ts';

await run(async () => {
  const { DATABASE_URL } = loadJobConfig(MigrateConfigSchema, process.env);
  await awaitPostgres(DATABASE_URL);
  await migrateCustomers(DATABASE_URL);
});
