import { fileURLToPath } from 'node:url';
import { migrate } from '@pair/service-kit';
import type { MigrateConfig } from '../config.ts';
import { grantServiceRights } from '../db/grant-service-rights.ts';
import { createFirstAdmin, type FirstAdminOutcome } from './first-admin.ts';
import { withPostgres } from './stores.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

/**
 * Brings the database up to date, gives the role of the service its rights when it is another than the one that migrates,
 * and makes the first admin if there is none. Safe to repeat, and to run twice at once.
 *
 * @throws {OperatorError} when a setting cannot be used, or PostgreSQL fails
 */
export async function migrateAuth(config: MigrateConfig): Promise<FirstAdminOutcome> {
  const { DATABASE_URL: databaseUrl, SERVICE_ROLE: role } = config;
  await migrate({ databaseUrl, migrationsFolder: MIGRATIONS });
  if (role !== undefined) await withPostgres(databaseUrl, (db) => grantServiceRights(db, role));
  return withPostgres(databaseUrl, (db) =>
    createFirstAdmin(db, { username: config.ADMIN_USERNAME, password: config.ADMIN_PASSWORD }),
  );
}
