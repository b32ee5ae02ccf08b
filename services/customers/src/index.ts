export { customersService } from './app.ts';
export { type CustomersConfig, CustomersConfigSchema } from './config.ts';
export { migrateCustomers } from './db/migrate-customers.ts';
