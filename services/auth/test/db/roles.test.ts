import { serviceRoleOf, testDatabase } from '@pair/test-kit';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import t, { type Test } from 'tap';
import { removeOldEvents } from '../../src/audit/remove-old-events.ts';
import { migrateAuth } from '../../src/index.ts';
import { migrated } from '../support/auth-under-test.ts';

async function pool(t: Test, connectionString: string): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString });
  t.teardown(() => pool.end());
  return pool;
}

const ADD_OLD_EVENT = `INSERT INTO security_events (at, event, outcome)
  VALUES (now() - interval '91 days', 'sign_in', 'succeeded')`;

t.test('if the role of the service owns the tables, the trigger still refuses changes', async (t) => {
  const databaseUrl = await testDatabase(t);
  await migrateAuth({ DATABASE_URL: databaseUrl, ADMIN_USERNAME: 'admin' });
  const service = await pool(t, databaseUrl);
  await service.query(ADD_OLD_EVENT);
  await t.rejects(service.query('UPDATE security_events SET event = event'), /append-only/);
  t.equal(await removeOldEvents(drizzle({ client: service })), 1);
});

t.test('each migration revokes the rights that the service does not need', async (t) => {
  const ownerUrl = await testDatabase(t);
  const { role, url } = serviceRoleOf(ownerUrl);
  await migrateAuth({ DATABASE_URL: ownerUrl, ADMIN_USERNAME: 'admin' });
  const [owner, service] = [await pool(t, ownerUrl), await pool(t, url)];
  await owner.query(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`);
  await owner.query(`GRANT UPDATE (detail) ON security_events TO ${role}`);
  await migrated(ownerUrl);
  await t.rejects(service.query("UPDATE security_events SET detail = ''"), { code: '42501' });
  await t.rejects(service.query('ALTER TABLE users DISABLE TRIGGER ALL'), { code: '42501' });
  t.equal((await service.query('SELECT FROM users')).rowCount, 1);
});

t.test('PostgreSQL refuses a role that the owner did not name', async (t) => {
  const ownerUrl = await testDatabase(t);
  const { url } = serviceRoleOf(ownerUrl);
  await migrateAuth({ DATABASE_URL: ownerUrl, ADMIN_USERNAME: 'admin' });
  const other = await pool(t, url);
  for (const statement of [
    'SELECT remove_old_security_events()',
    'SELECT remove_gone_signing_keys()',
    'SELECT FROM users',
  ]) {
    await t.rejects(other.query(statement), { code: '42501' }, statement);
  }
});

t.test('the service can insert no event before later ones', async (t) => {
  const ownerUrl = await testDatabase(t);
  const service = await pool(t, await migrated(ownerUrl));
  const columns = '(id, at, event, outcome)';
  const chosen = `INSERT INTO security_events ${columns} OVERRIDING SYSTEM VALUE VALUES (9000000000, now(), 'sign_in', 'succeeded')`;
  await t.rejects(service.query(chosen), { code: '42501' });
  const future =
    "INSERT INTO security_events (at, event, outcome) VALUES ('9999-01-01', 'sign_in', 'succeeded')";
  await service.query(future);
  const { rows } = await service.query('SELECT at <= now() AS is_past FROM security_events ORDER BY id DESC');
  t.equal(rows[0].is_past, true);
});

t.test('concurrent migrations grant the same rights', async (t) => {
  const ownerUrl = await testDatabase(t);
  const [url = ''] = await Promise.all([1, 2, 3, 4].map(() => migrated(ownerUrl)));
  const service = await pool(t, url);
  await service.query(ADD_OLD_EVENT);
  t.equal(await removeOldEvents(drizzle({ client: service })), 1);
});

t.test('a wrong SERVICE_ROLE is one sentence', async (t) => {
  const DATABASE_URL = await testDatabase(t);
  const migration = { DATABASE_URL, ADMIN_USERNAME: 'admin' };
  await t.rejects(migrateAuth({ ...migration, SERVICE_ROLE: 'no"body' }), {
    name: 'OperatorError',
    message: 'There is no role "no"body", which SERVICE_ROLE names: create it, or leave SERVICE_ROLE out.',
  });
  const { username } = new URL(DATABASE_URL);
  await t.rejects(migrateAuth({ ...migration, SERVICE_ROLE: username }), {
    name: 'OperatorError',
    message: /is the role of DATABASE_URL too/,
  });
});
