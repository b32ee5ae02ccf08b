import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface CreatedDatabase {
  url: string;
  drop(): Promise<void>;
}

/**
 * An empty database with a role of its own that owns it, as customers has in production; and another role that may connect,
 * for a service that owns nothing, as auth does: see {@link serviceRoleOf}.
 */
export async function createDatabase(superuserUrl: string): Promise<CreatedDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await execute(superuserUrl, [
    `CREATE ROLE ${name} LOGIN PASSWORD '${name}'`,
    `CREATE ROLE ${name}_service LOGIN PASSWORD '${name}'`,
    `CREATE DATABASE ${name} OWNER ${name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'`,
    `REVOKE ALL ON DATABASE ${name} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${name} TO ${name}_service`,
    `GRANT ${name}_service TO ${name}`, // so that a test, as the owner, can end the connections of the service
  ]);
  const url = new URL(superuserUrl);
  Object.assign(url, { username: name, password: name, pathname: `/${name}` });
  return {
    url: url.href,
    drop: () =>
      execute(superuserUrl, [
        awaitDisconnection(name),
        `DROP DATABASE ${name} WITH (FORCE)`,
        `DROP ROLE ${name}, ${name}_service`,
      ]),
  };
}

/** The role beside the owner of a test database, and the URL with which it connects. */
export function serviceRoleOf(databaseUrl: string): { role: string; url: string } {
  const url = new URL(databaseUrl);
  const role = `${url.username}_service`;
  url.username = role;
  return { role, url: url.href };
}

/**
 * A pool has ended when it has said goodbye on its connections, not when the server has heard it: a connection that is
 * cut in between makes an error event that nobody listens to any more.
 */
function awaitDisconnection(database: string): string {
  return `DO $$ BEGIN
    FOR attempt IN 1..200 LOOP
      PERFORM pg_stat_clear_snapshot();
      EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = '${database}');
      PERFORM pg_sleep(0.01);
    END LOOP;
  END $$`;
}

async function execute(url: string, statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
