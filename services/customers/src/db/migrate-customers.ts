import { fileURLToPath } from 'node:url';
import { migrate } from '@pair/service-kit';

/** Migrates the database to the version that this code needs. Concurrent migrations wait for each other. */
export function migrateCustomers(databaseUrl: string): Promise<void> {
  // the same relative path from src/ and from dist/
  const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url));
  return migrate({ databaseUrl, migrationsFolder });
}
