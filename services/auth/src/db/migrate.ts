import { fileURLToPath } from 'node:url';
import { migrate } from '@pair/service-kit';
import type { MigrateConfig } from '../config.ts';
import { createFirstAdmin, type FirstAdminOutcome } from '../users/first-admin.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

/** Brings the database up to date and makes the first admin if there is none. Safe to repeat, and to run twice at once. */
export async function migrateAuth(config: MigrateConfig): Promise<FirstAdminOutcome> {
  await migrate({ databaseUrl: config.DATABASE_URL, migrationsFolder: MIGRATIONS });
  return createFirstAdmin({
    databaseUrl: config.DATABASE_URL,
    username: config.ADMIN_USERNAME,
    password: config.ADMIN_PASSWORD,
  });
}
