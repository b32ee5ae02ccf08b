import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startPostgres } from '@pair/local-stores';
import pg from 'pg';
import { t } from 'tap';
import { client, dataFolder, printedPassword, start } from './support/start.ts';

// each test starts everything twice
t.setTimeout(120_000);

t.test(
  'the next start moves a data folder in which the role of auth owned everything to the migrating role',
  async (t) => {
    const DATA_DIR = dataFolder(t);
    const first = await start(t, { DATA_DIR });
    const password = printedPassword(first.output()) ?? '';
    t.equal(await first.stop(), 0);
    await withDatabase(DATA_DIR, async (superuser) => {
      await superuser.query(
        'REASSIGN OWNED BY auth_owner TO auth; DROP OWNED BY auth_owner; DROP ROLE auth_owner',
      );
      // undo the migrations since that version, which had five
      await superuser.query('DROP TRIGGER not_from_the_future ON security_events');
      await superuser.query(
        'DROP FUNCTION date_security_event, remove_old_security_events, remove_gone_signing_keys',
      );
      await superuser.query('ALTER TABLE clients DROP COLUMN name, DROP COLUMN dpop_bound_access_tokens');
      await superuser.query('DELETE FROM drizzle.__drizzle_migrations WHERE id > 5');
    });
    const { authOwnerDatabasePassword, ...secrets } = secretsOf(DATA_DIR);
    t.ok(authOwnerDatabasePassword);
    writeFileSync(join(DATA_DIR, 'secrets.json'), JSON.stringify(secrets));

    const second = await start(t, { DATA_DIR });
    const request = await client(second.url, password);
    t.equal((await request('GET', '/auth/audit')).status, 200);
    t.equal((await request('POST', '/auth/logout')).status, 204);
    t.match(secretsOf(DATA_DIR), secrets, 'no secret has changed');
    t.equal(await second.stop(), 0);
    await withDatabase(DATA_DIR, async (superuser) => {
      const { rows } = await superuser.query(`
      SELECT pg_get_userbyid(relowner) AS owner FROM pg_class
        WHERE relnamespace IN ('public'::regnamespace, 'drizzle'::regnamespace)
      UNION SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'auth'
      UNION SELECT pg_get_userbyid(proowner) FROM pg_proc WHERE pronamespace = 'public'::regnamespace`);
      t.strictSame(rows, [{ owner: 'auth_owner' }]);
      await superuser.query('SET ROLE auth');
      await t.rejects(superuser.query('DELETE FROM security_events'), { code: '42501' });
    });
  },
);

function secretsOf(folder: string): Record<string, string> {
  return JSON.parse(readFileSync(join(folder, 'secrets.json'), 'utf8'));
}

/** Passes a superuser's connection to the database of auth, while no npm start runs. */
async function withDatabase(folder: string, work: (superuser: pg.Client) => Promise<void>): Promise<void> {
  const { superuserPassword: password = '' } = secretsOf(folder);
  const port = await freePort();
  const server = await startPostgres({ dataDir: join(folder, 'postgres'), port, password, durable: true });
  const superuser = new pg.Client(`postgres://postgres:${password}@127.0.0.1:${port}/auth`);
  try {
    await superuser.connect();
    await work(superuser);
  } finally {
    await superuser.end();
    await server.stop();
  }
}
