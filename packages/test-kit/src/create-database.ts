import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface CreatedDatabase {
  url: string;
  drop(): Promise<void>;
}

/** An empty database with a role of its own that owns it, as a service has in production. */
export async function createDatabase(superuserUrl: string): Promise<CreatedDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await execute(superuserUrl, [
    `CREATE ROLE ${name} LOGIN PASSWORD '${name}'`,
    `CREATE DATABASE ${name} OWNER ${name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'`,
  ]);
  const url = new URL(superuserUrl);
  Object.assign(url, { username: name, password: name, pathname: `/${name}` });
  return {
    url: url.href,
    drop: () =>
      execute(superuserUrl, [
        awaitDisconnection(name),
        `DROP DATABASE ${name} WITH (FORCE)`,
        `DROP ROLE ${name}`,
      ]),
  };
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
