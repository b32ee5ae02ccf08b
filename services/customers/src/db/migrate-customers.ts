import { fileURLToPath } from 'node:url';
import { migrate } from '@pair/service-kit';

/** Brings the database to the version that this code needs. Several at once wait for each other. */
export function migrateCustomers(databaseUrl: string): Promise<void> {
  // the same distance from src/ and from dist/
  const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url));
  return migrate({ databaseUrl, migrationsFolder });
}
