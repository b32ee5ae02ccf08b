import { testDatabase, testPostgres, waitFor } from '@pair/test-kit';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import t, { type Test } from 'tap';
import { auditWriter } from '../../src/audit/audit.ts';
import { removeOldEvents } from '../../src/audit/remove-old-events.ts';
import type { SecurityEvent } from '../../src/audit/security-events.ts';
import { migrated } from '../support/auth-under-test.ts';

const signOut = (detail: string): SecurityEvent => ({ event: 'sign_out', outcome: 'succeeded', detail });

/** The limits of a writer whose database stops: without them it would wait for its return. */
const SHORT = { connectionTimeoutMillis: 350, query_timeout: 600 };

async function openPool(t: Test, ownerUrl: string, limits: pg.PoolConfig = {}): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString: await migrated(ownerUrl), ...limits });
  pool.on('error', () => {}); // the test pauses its server
  t.teardown(() => pool.end());
  return pool;
}

function capturedLog() {
  const lines: string[] = [];
  const write = (_fields: object, message?: string) => void lines.push(message ?? '');
  return { lines, log: { error: write, warn: write } };
}

t.test('a flood of events uses one connection, and all events are written in order', async (t) => {
  const pool = await openPool(t, await testDatabase(t));
  const { log, lines } = capturedLog();
  const writer = auditWriter(drizzle({ client: pool }), log);
  let most = 0;
  for (let i = 0; i < 10_000; i++) writer.write(signOut(String(i)));
  const closed = writer.close();
  const watching = setInterval(() => {
    most = Math.max(most, pool.totalCount - pool.idleCount);
  }, 1);
  await closed;
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

t.test('a lone event is written at once, and later ones with at most ten INSERTs a second', async (t) => {
  const pool = await openPool(t, await testDatabase(t));
  const writer = auditWriter(drizzle({ client: pool }), capturedLog().log);
  /** The INSERTs that wrote the events: each has a transaction of its own. */
  const inserts = async () =>
    (await pool.query("SELECT DISTINCT xmin::text FROM security_events WHERE event = 'sign_out'")).rows;
  const start = performance.now();
  writer.write(signOut('lone'));
  await waitFor(async () => (await inserts()).length === 1);
  for (let i = 0; i < 20; i++) {
    writer.write(signOut(String(i)));
    await inserts(); // as long as an INSERT takes
  }
  const seconds = (performance.now() - start) / 1_000;
  await writer.close();
  const most = 2 + Math.floor(10 * seconds);
  t.ok((await inserts()).length <= most, `at most ${most} INSERTs`);
});

t.test(
  'while ten thousand events wait, further events go to the log, so that memory is bounded',
  async (t) => {
    const server = await testPostgres(t);
    const pool = await openPool(t, server.url);
    const hurried = await openPool(t, server.url, SHORT);
    const { log, lines } = capturedLog();
    const writer = auditWriter(drizzle({ client: hurried }), log);
    server.pause();
    for (let i = 0; i < 11_000; i++) writer.write(signOut(String(i)));
    t.ok(lines.length >= 500 && lines.length <= 1_000, `${lines.length} events exceeded the limit`);
    await waitFor(() => lines.some((line) => line.includes('cannot write security events')));
    server.resume();
    await writer.close();
    const { rows } = await pool.query(
      "SELECT count(*)::int AS written FROM security_events WHERE event = 'sign_out'",
    );
    const logged = lines.filter((line) => line.includes('not in the table')).length;
    // the paused server may still write a batch when it resumes, after the writer has logged that batch
    t.ok(rows[0].written + logged >= 11_000, 'each event is in the table or in the log');
  },
);

t.test('an event is removed after 90 days, and not before', async (t) => {
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

t.test('a statement removes at most 5,000 old events, and repeated statements remove all', async (t) => {
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
});
