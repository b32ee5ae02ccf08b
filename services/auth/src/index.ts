export { authService } from './app.ts';
export { type AuthConfig, AuthConfigSchema, MigrateConfigSchema } from './config.ts';
export { migrateAuth } from './db/migrate.ts';
export { setPassword } from './users/set-password.ts';
