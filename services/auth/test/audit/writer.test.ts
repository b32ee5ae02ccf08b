import { testDatabase, testPostgres, waitFor } from '@pair/test-kit';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import t, { type Test } from 'tap';
import { auditWriter } from '../../src/audit/audit.ts';
import { removeOldEvents } from '../../src/audit/remove-old-events.ts';
import type { SecurityEvent } from '../../src/audit/security-events.ts';
import { migrated } from '../support/auth-under-test.ts';

const signOut = (detail: string): SecurityEvent => ({ event: 'sign_out', outcome: 'succeeded', detail });

async function openPool(t: Test, ownerUrl: string): Promise<pg.Pool> {
  const connectionString = await migrated(ownerUrl);
  const pool = new pg.Pool({ connectionString, connectionTimeoutMillis: 350, query_timeout: 600 });
  pool.on('error', () => {}); // a server that goes away on purpose
  t.teardown(() => pool.end());
  return pool;
}

function capturedLog() {
  const lines: string[] = [];
  const write = (_fields: object, message?: string) => void lines.push(message ?? '');
  return { lines, log: { error: write, warn: write } };
}

t.test('a flood of events takes one connection, and all of them are written in their order', async (t) => {
  const pool = await openPool(t, await testDatabase(t));
  const { log, lines } = capturedLog();
  const writer = auditWriter(drizzle({ client: pool }), log);
  let most = 0;
  for (let i = 0; i < 10_000; i++) writer.write(signOut(String(i)));
  const written = writer.written();
  const watching = setInterval(() => {
    most = Math.max(most, pool.totalCount - pool.idleCount);
  }, 1);
  await written;
  clearInterval(watching);
  t.equal(most, 1);
  t.same(lines, []);
  const { rows } = await pool.query(
    "SELECT detail FROM security_events WHERE event = 'sign_out' ORDER BY id",
  );
  t.same(
    rows.map(({ detail }) => Number(detail)),
    Array.from({ length: 10_000 }, (_, i) => i),
  );
});

t.test('what comes while ten thousand events wait is in the log, so that memory has an end', async (t) => {
  const server = await testPostgres(t);
  const pool = await openPool(t, server.url);
  const { log, lines } = capturedLog();
  const writer = auditWriter(drizzle({ client: pool }), log);
  server.pause();
  for (let i = 0; i < 11_000; i++) writer.write(signOut(String(i)));
  t.ok(lines.length >= 500 && lines.length <= 1_000, `${lines.length} events did not fit`);
  await waitFor(() => lines.some((line) => line.includes('cannot be written')));
  server.resume();
  await writer.written();
  const { rows } = await pool.query(
    "SELECT count(*)::int AS written FROM security_events WHERE event = 'sign_out'",
  );
  const logged = lines.filter((line) => line.includes('not in the table')).length;
  // a batch that a paused server was sent may be written when it goes on, though nobody waits for it any more
  t.ok(rows[0].written + logged >= 11_000, 'each is in the table or in the log');
});

t.test('after 90 days an event is removed, and not before', async (t) => {
  const pool = await openPool(t, await testDatabase(t));
  await pool.query(
    `INSERT INTO security_events (at, event, outcome) VALUES
       (now() - interval '91 days', 'sign_in', 'succeeded'), (now() - interval '89 days', 'sign_in', 'succeeded')`,
  );
  t.equal(await removeOldEvents(drizzle({ client: pool })), 1);
  t.equal(await removeOldEvents(drizzle({ client: pool })), 0);
  const { rows } = await pool.query("SELECT 1 FROM security_events WHERE at < now() - interval '88 days'");
  t.equal(rows.length, 1);
});

t.test(
  'however many events are old, a statement removes 5,000 at most, and together they remove all',
  async (t) => {
    const pool = await openPool(t, await testDatabase(t));
    const addOld = (count: number) =>
      pool.query(
        `INSERT INTO security_events (at, event, outcome)
         SELECT now() - interval '91 days', 'sign_in', 'succeeded' FROM generate_series(1, $1)`,
        [count],
      );
    await addOld(5_001);
    const removeBatch = async () => (await pool.query('SELECT remove_old_security_events() AS n')).rows[0].n;
    t.equal(await removeBatch(), 5_000);
    t.equal(await removeBatch(), 1);
    await addOld(11_000);
    t.equal(await removeOldEvents(drizzle({ client: pool })), 11_000);
  },
);
