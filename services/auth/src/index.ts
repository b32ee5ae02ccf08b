export { authService } from './app.ts';
export { migrateAuth } from './commands/migrate.ts';
export { type AuthConfig, AuthConfigSchema, MigrateConfigSchema } from './config.ts';
