import { setTimeout } from 'node:timers/promises';
import {
  execute,
  giveSettings,
  missingPgBouncer,
  PRODUCTION_LIMITS,
  testDatabase,
  testPgBouncer,
  testPostgres,
  waitFor,
} from '@pair/test-kit';
import { sql } from 'drizzle-orm';
import type { FastifyInstance } from 'fastify';
import t, { type Test } from 'tap';
import { postgres } from '../../src/index.ts';
import { startedProcess } from '../support/process.ts';

const skip = await missingPgBouncer();

const service = (databaseUrl: string) => async (app: FastifyInstance) => {
  await app.register(postgres, { databaseUrl, name: 'test', isPooled: true, limits: PRODUCTION_LIMITS });
  const one = app.db.select({ one: sql<number>`1` }).from(sql`pg_class`).limit(1).prepare('one');
  app.get('/one', async () => (await one.execute())[0]);
  app.get('/sleep', async () => (await app.pg.query('SELECT pg_sleep(5)')).rows);
  app.get('/write', async () => (await app.pg.query('CREATE TABLE IF NOT EXISTS things ()')).rows);
};

async function started(t: Test, databaseUrl: string) {
  const { app, logged, rawLog } = await startedProcess(t, [service(databaseUrl)]);
  await app.ready();
  const isReady = async () => (await app.inject('/readyz')).statusCode === 200;
  /** The reason in the log why it is not ready. */
  const reason = async () => {
    await app.inject('/readyz');
    const line = logged().findLast(({ msg }) => msg === 'Not ready: test: PgBouncer.');
    return String((line?.reasons as Record<string, string> | undefined)?.['test: PgBouncer'] ?? '');
  };
  const statuses = async (url: string, count: number) =>
    Promise.all(Array.from({ length: count }, async () => (await app.inject(url)).statusCode));
  return { app, logged, rawLog, isReady, reason, statuses };
}

t.test('with the documented settings a service works, and shares connections', { skip }, async (t) => {
  const databaseUrl = await testDatabase(t);
  await giveSettings(databaseUrl);
  const { pooled } = await testPgBouncer(t, [databaseUrl], { settings: { default_pool_size: '2' } });
  const { app, rawLog, isReady, statuses } = await started(t, pooled(databaseUrl));
  t.ok(await isReady());
  t.strictSame(
    [...new Set(await statuses('/one', 200))],
    [200],
    'named statements pass from one connection to another',
  );
  const before = performance.now();
  t.equal((await app.inject('/sleep')).statusCode, 503, 'a slow statement ends');
  t.ok(performance.now() - before < 2_500, `after ${Math.round(performance.now() - before)} ms`);
  t.notMatch(rawLog(), /PgBouncer/);
});

t.test('a role without the settings is not ready, and the log has the statements', { skip }, async (t) => {
  const databaseUrl = await testDatabase(t);
  const { username } = new URL(databaseUrl);
  const pooler = await testPgBouncer(t, [databaseUrl]);
  const { logged, isReady, reason } = await started(t, pooler.pooled(databaseUrl));
  const text = await reason();
  t.match(text, `ALTER ROLE "${username}" IN DATABASE "${username}" SET statement_timeout = '1500';`);
  await waitFor(async () => logged().some(({ msg }) => msg === 'PgBouncer cannot be used'));
  await execute(databaseUrl, [text.slice(text.indexOf('ALTER ROLE'))]);
  await pooler.stop();
  await pooler.start();
  await waitFor(isReady);
});

t.test('a PgBouncer in session mode is not ready', { skip }, async (t) => {
  const databaseUrl = await testDatabase(t);
  await giveSettings(databaseUrl);
  const { pooled } = await testPgBouncer(t, [databaseUrl], { settings: { pool_mode: 'session' } });
  const { reason } = await started(t, pooled(databaseUrl));
  t.match(await reason(), 'pool_mode = transaction');
});

t.test('a URL that passes no named statements is not ready', { skip }, async (t) => {
  const databaseUrl = await testDatabase(t);
  await giveSettings(databaseUrl);
  const { pooled } = await testPgBouncer(t, [databaseUrl], {
    settings: { max_prepared_statements: '0', stats_users: undefined },
  });
  for (const url of [pooled(databaseUrl), databaseUrl]) {
    const { reason, rawLog } = await started(t, url);
    t.match(await reason(), 'Named statements do not pass DATABASE_URL');
    await waitFor(async () => rawLog().includes('the version of PgBouncer is unknown'));
  }
});

const skipOld = await missingPgBouncer('old');

t.test('a PgBouncer that is too old is a warning, and not ready', { skip: skipOld }, async (t) => {
  const databaseUrl = await testDatabase(t);
  await giveSettings(databaseUrl);
  const { pooled } = await testPgBouncer(t, [databaseUrl], {
    kind: 'old',
    settings: { max_prepared_statements: undefined },
  });
  const { reason, logged } = await started(t, pooled(databaseUrl));
  t.match(await reason(), 'install PgBouncer 1.26.1');
  const warning = () =>
    logged().find(({ msg }) => String(msg).startsWith('PgBouncer is too old: install 1.26.1'));
  await waitFor(async () => warning() !== undefined);
  t.match(warning(), { level: 'warn', version: /^1\.\d+\.\d+$/ });
});

t.test('an outage behind PgBouncer is a quick 503, and ends with it', { skip }, async (t) => {
  const server = await testPostgres(t);
  await giveSettings(server.url);
  const pooler = await testPgBouncer(t, [server.url]);
  const { app, isReady, statuses } = await started(t, pooler.pooled(server.url));
  t.ok(await isReady());
  const slowest = async (expected: number) => {
    const before = performance.now();
    t.strictSame([...new Set(await statuses('/one', 20))], [expected]);
    return performance.now() - before;
  };
  const recovery = async () => {
    const before = performance.now();
    await waitFor(async () => (await app.inject('/one')).statusCode === 200);
    return Math.round(performance.now() - before);
  };

  pooler.pause();
  t.ok((await slowest(503)) < 1_000, 'PgBouncer is silent');
  pooler.resume();
  t.comment(`PgBouncer is back: good after ${await recovery()} ms`);

  server.pause();
  t.ok((await slowest(503)) < 1_000, 'PostgreSQL is silent');
  let waitedMs = 0;
  for (let i = 0; i < 20; i++) {
    const before = performance.now();
    t.equal((await app.inject('/one')).statusCode, 503);
    waitedMs += performance.now() - before;
    await setTimeout(50);
  }
  t.ok(waitedMs < 1_000, `a new connection to PgBouncer does not count: ${Math.round(waitedMs)} ms`);
  server.resume();
  t.comment(`PostgreSQL goes on: good after ${await recovery()} ms`);

  await server.kill();
  await slowest(503);
  t.ok((await slowest(503)) < 1_000, 'PostgreSQL is away');
  await server.start();
  t.comment(`PostgreSQL is back: good after ${await recovery()} ms`);

  await server.demote();
  await waitFor(async () => (await app.inject('/write')).statusCode === 503);
  await waitFor(async () => (await pooler.connections()) === 0); // it keeps none to a standby
});
