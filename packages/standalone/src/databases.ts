import { connectionSettings } from '@pair/service-kit';
import pg from 'pg';

interface Role {
  name: string;
  password: string;
}

interface Database {
  name: 'auth' | 'customers';
  /** Owns the database and migrates it. */
  owner: Role;
  /** The role of the service's connections, if it is not the owner: the migration grants its rights. */
  service?: Role;
}

/**
 * Creates the roles and databases of the services if they are missing. Every start does so, because it has to repair an
 * interrupted first start. In compose services/make-secrets.sh does the same.
 *
 * @param urlOf returns the superuser's URL of a database
 */
export async function createDatabases(
  urlOf: (database: string) => string,
  databases: Database[],
): Promise<void> {
  await asSuperuser(urlOf('postgres'), async (client) => {
    for (const { name, owner, service } of databases) {
      for (const role of [owner, ...(service === undefined ? [] : [service])]) await createRole(client, role);
      const existing = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
      if (existing.rowCount === 0) {
        await client.query(
          `CREATE DATABASE ${name} OWNER ${owner.name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'`,
        );
      }
      await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
    }
  });
  for (const { name, owner, service } of databases) {
    if (service === undefined) continue;
    await asSuperuser(urlOf(name), async (client) => {
      // in a data folder from before the owner role, the role of the service owns everything
      await client.query(`REASSIGN OWNED BY ${service.name} TO ${owner.name}`);
      // last, because a change of the owner moves the rights of the old owner to the new one
      await client.query(`GRANT CONNECT ON DATABASE ${name} TO ${service.name}`);
    });
  }
}

async function createRole(client: pg.Client, { name, password }: Role): Promise<void> {
  const existing = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  if (existing.rowCount === 0) await client.query(`CREATE ROLE ${name} LOGIN`);
  await client.query(`ALTER ROLE ${name} PASSWORD ${pg.escapeLiteral(password)}`);
}

async function asSuperuser(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client(connectionSettings(url));
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
