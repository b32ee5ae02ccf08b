import { fileURLToPath } from 'node:url';
import { migrate } from '@pair/service-kit';
import type { MigrateConfig } from '../config.ts';
import { grantServiceRights } from '../db/grant-service-rights.ts';
import { createFirstAdmin, type FirstAdminOutcome } from './first-admin.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

/**
 * Brings the database up to date, gives the role of the service its rights when it is another than the one that migrates,
 * and makes the first admin if there is none. Safe to repeat, and to run twice at once.
 */
export async function migrateAuth(config: MigrateConfig): Promise<FirstAdminOutcome> {
  await migrate({ databaseUrl: config.DATABASE_URL, migrationsFolder: MIGRATIONS });
  if (config.SERVICE_ROLE !== undefined) {
    await grantServiceRights({ databaseUrl: config.DATABASE_URL, role: config.SERVICE_ROLE });
  }
  return createFirstAdmin({
    databaseUrl: config.DATABASE_URL,
    username: config.ADMIN_USERNAME,
    password: config.ADMIN_PASSWORD,
  });
}
