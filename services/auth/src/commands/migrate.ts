import { fileURLToPath } from 'node:url';
import { awaitPostgres, loadJobConfig, migrate, OperatorError } from '@pair/service-kit';
import { type MigrateConfig, MigrateConfigSchema } from '../config.ts';
import { grantServiceRights } from '../db/grant-service-rights.ts';
import { defineCommand } from './command.ts';
import { createFirstAdmin, type FirstAdminOutcome } from './first-admin.ts';
import { withPostgres } from './stores.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));
const INSUFFICIENT_PRIVILEGE = '42501';

export const migrateCommand = defineCommand({
  name: 'migrate',
  summary: 'Bring the database up to date, and create the first admin; safe to repeat',
  async run(_given, { env }) {
    const config = loadJobConfig(MigrateConfigSchema, env);
    await awaitPostgres(config.DATABASE_URL);
    return report(await migrateAuth(config));
  },
});

function report({ admin, advice }: FirstAdminOutcome): string {
  const lines = ['The database of auth is up to date.'];
  if (advice !== undefined) lines.push(advice);
  if (admin !== undefined) lines.push(`The first admin is "${admin.username}".`);
  if (admin?.password !== undefined) lines.push(`Its password (shown once): ${admin.password}`);
  return `${lines.join('\n')}\n`;
}

/**
 * Brings the database up to date, grants SERVICE_ROLE the rights of the service if that setting names a role, and creates
 * the first admin if there is none. Safe to repeat, also concurrently.
 *
 * @throws {OperatorError} when a setting is wrong, or PostgreSQL fails
 */
export async function migrateAuth(config: MigrateConfig): Promise<FirstAdminOutcome> {
  const { DATABASE_URL: databaseUrl, SERVICE_ROLE: role } = config;
  await migrate({ databaseUrl, migrationsFolder: MIGRATIONS }).catch(refused);
  if (role !== undefined) await withPostgres(databaseUrl, (db) => grantServiceRights(db, role));
  return withPostgres(databaseUrl, (db) =>
    createFirstAdmin(db, { username: config.ADMIN_USERNAME, password: config.ADMIN_PASSWORD }),
  );
}

/** The role of the service may not migrate, and `npm run auth` knows no other role. */
function refused(error: Error & { cause?: { code?: unknown } }): never {
  if (error.cause?.code !== INSUFFICIENT_PRIVILEGE) throw error;
  throw new OperatorError(
    'The role of DATABASE_URL may not change the tables: give DATABASE_URL the role that owns them.',
    { cause: error },
  );
}
