import pg from 'pg';
import { execute, serviceRoleOf } from './create-database.ts';
import { isPooled } from './documented-pgbouncer.ts';

/** Settings that an administrator may give to a role or a database, and that would change or break answers. */
export const FOREIGN_SETTINGS = {
  DateStyle: 'German, DMY',
  IntervalStyle: 'sql_standard',
  TimeZone: 'Pacific/Auckland',
  search_path: 'elsewhere',
  default_transaction_read_only: 'on',
  default_transaction_isolation: 'serializable',
  standard_conforming_strings: 'off',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  statement_timeout: '1ms',
  lock_timeout: '1ms',
};

/** The settings that a service behind PgBouncer then demands of its role, beside the documented ones. */
const OWN_SETTINGS = {
  IntervalStyle: 'postgres',
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read committed',
  standard_conforming_strings: 'on',
  bytea_output: 'hex',
  extra_float_digits: '1',
};

/** Sets {@link FOREIGN_SETTINGS} for the database of this URL: every new connection begins with them. */
export async function setForeignSettings(databaseUrl: string): Promise<void> {
  if (isPooled()) {
    for (const url of [databaseUrl, serviceRoleOf(databaseUrl).url]) {
      const { username, pathname } = new URL(url);
      const statements = Object.entries(OWN_SETTINGS).map(
        ([name, value]) =>
          `ALTER ROLE ${username} IN DATABASE ${pathname.slice(1)} SET ${name} = ${pg.escapeLiteral(value)}`,
      );
      await execute(url, statements);
    }
  }
  const client = new pg.Client({
    connectionString: databaseUrl,
    options: '-c default_transaction_read_only=off',
  });
  await client.connect();
  const database = new URL(databaseUrl).pathname.slice(1);
  for (const [name, value] of Object.entries(FOREIGN_SETTINGS)) {
    await client.query(`ALTER DATABASE ${database} SET ${name} = ${pg.escapeLiteral(value)}`);
  }
  await client.end();
}
