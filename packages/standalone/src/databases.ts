import pg from 'pg';

/**
 * Makes a role and a database that it owns for each service, where they are missing; at every start, so that an
 * interrupted first one is mended by the next.
 */
export async function createDatabases(
  superuserUrl: string,
  databases: { name: 'auth' | 'customers'; password: string }[],
): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    for (const { name, password } of databases) {
      const roles = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
      if (roles.rowCount === 0) await client.query(`CREATE ROLE ${name} LOGIN`);
      await client.query(`ALTER ROLE ${name} PASSWORD ${pg.escapeLiteral(password)}`);
      const existing = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
      if (existing.rowCount === 0) {
        await client.query(
          `CREATE DATABASE ${name} OWNER ${name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'`,
        );
      }
      await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
    }
  } finally {
    await client.end();
  }
}
