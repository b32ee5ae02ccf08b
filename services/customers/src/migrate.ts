import { loadConfig, run } from '@pair/service-kit';
import { MigrateConfigSchema } from './config.ts';
import { migrateCustomers } from './db/migrate-customers.ts';

await run(() => migrateCustomers(loadConfig(MigrateConfigSchema, process.env).DATABASE_URL));
