import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { isPooled, roleSettings } from './documented-pgbouncer.ts';

export interface CreatedDatabase {
  url: string;
  drop(): Promise<void>;
}

/**
 * Creates an empty database and a role that owns it, as customers has in production. A second role may only connect,
 * for a service that owns nothing, as auth in production: see {@link serviceRoleOf}.
 */
export async function createDatabase(superuserUrl: string): Promise<CreatedDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await execute(superuserUrl, [
    `CREATE ROLE ${name} LOGIN PASSWORD '${name}'`,
    `CREATE ROLE ${name}_service LOGIN PASSWORD '${name}'`,
    `CREATE DATABASE ${name} OWNER ${name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'`,
    `REVOKE ALL ON DATABASE ${name} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${name} TO ${name}_service`,
    `GRANT ${name}_service TO ${name}`, // so that a test can, as the owner, end the connections of the service
    ...(isPooled() ? [name, `${name}_service`].flatMap((role) => roleSettings(role, name)) : []),
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

/** The second role of a test database, and the URL of its connections. */
export function serviceRoleOf(databaseUrl: string): { role: string; url: string } {
  const url = new URL(databaseUrl);
  const role = `${url.username}_service`;
  url.username = role;
  return { role, url: url.href };
}

/**
 * Waits until the server has closed all connections. A pool has ended as soon as it has sent its goodbyes: a connection
 * that the server cuts before it reads them emits an error event, and no listener is left.
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

/** Runs the statements one after the other, with a connection of their own. */
export async function execute(url: string, statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
