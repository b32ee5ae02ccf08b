export { customersService } from './app.ts';
export { type CustomersConfig, CustomersConfigSchema } from './config.ts';
export { type CustomersRepository, customersRepository } from './customers/repository.ts';
export { migrateCustomers } from './db/migrate-customers.ts';
