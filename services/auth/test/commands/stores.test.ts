import { testDatabase, testRedis } from '@pair/test-kit';
import { sql } from 'drizzle-orm';
import t from 'tap';
import { withPostgres, withRedis } from '../../src/commands/stores.ts';

const [databaseUrl, redis] = await Promise.all([testDatabase(t), testRedis(t)]);

t.test(
  'the error of an unreachable store is one sentence, with the reason and without a secret',
  async (t) => {
    for (const [open, message] of [
      [
        () => withPostgres('postgres://auth:secret@127.0.0.1:1/auth', async () => {}),
        /^PostgreSQL cannot be reached: connect ECONNREFUSED 127\.0\.0\.1:1\. Start it, or correct DATABASE_URL/,
      ],
      [
        () => withPostgres(databaseUrl.replace(/[^/]*$/, 'elsewhere'), async () => {}),
        /^PostgreSQL cannot be reached: database "elsewhere" does not exist\./,
      ],
      [
        () => withRedis({ REDIS_URL: 'redis://auth:secret@127.0.0.1:1' }, async () => {}),
        /^Redis cannot be reached: connect ECONNREFUSED 127\.0\.0\.1:1\. Start it, or correct REDIS_URL/,
      ],
      [
        () => withRedis({ REDIS_URL: redis.url.replace('//', '//stranger:secret@') }, async () => {}),
        /^Redis cannot be reached: (WRONGPASS|ERR) .*\. Start it/,
      ],
    ] as const) {
      const error: Error = await open().then(
        () => t.fail('it was reached'),
        (error) => error,
      );
      t.match(error, { name: 'OperatorError', message });
      t.notMatch(error.message, /secret/);
    }
  },
);

t.test(
  'a command changes all or nothing, and the error of a store that fails in the middle is one sentence',
  async (t) => {
    await withPostgres(databaseUrl, (db) => db.execute(sql`CREATE TABLE changes (id integer)`));
    const change = sql`INSERT INTO changes VALUES (1)`;
    const refused = withPostgres(databaseUrl, async (db) => {
      await db.execute(change);
      throw new Error('refused');
    });
    await t.rejects(refused, { message: 'refused' }, 'a fault of the work is thrown as it is');
    const ended = withPostgres(databaseUrl, async (db) => {
      await db.execute(change);
      await db.execute(sql`SELECT pg_terminate_backend(pg_backend_pid()), ${'a parameter'}`);
    });
    await t.rejects(ended, {
      name: 'OperatorError',
      message: /^The command did not finish: terminating connection .+\. Run it again\.$/,
    });
    await withPostgres(databaseUrl, async (db) => t.equal(await db.$count(sql`changes`), 0));
  },
);
