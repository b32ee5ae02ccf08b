import { freePort, missingPgBouncer, testDatabase, testPgBouncer, testPostgres } from '@pair/test-kit';
import t from 'tap';
import { awaitPostgres, OperatorError } from '../../src/index.ts';

t.test('a job waits for a PostgreSQL that is stopped or silent', async (t) => {
  const server = await testPostgres(t);
  await server.stop();
  const stopped = awaitPostgres(server.url);
  await server.start();
  await stopped;
  server.pause();
  const silent = awaitPostgres(server.url);
  server.resume();
  await silent;
});

t.test('the wait has an end, and its error names the reason and the next step', async (t) => {
  const nowhere = `postgres://a:b@127.0.0.1:${await freePort()}/c`;
  const error = await awaitPostgres(nowhere, 1_000).catch((reason) => reason);
  t.ok(error instanceof OperatorError);
  t.match(error.message, /^PostgreSQL did not answer within 1 s: .*ECONNREFUSED.*\. Start it/);
});

t.test('a wrong password is refused at once', async (t) => {
  const url = new URL(await testDatabase(t));
  url.password = 'wrong';
  await t.rejects(awaitPostgres(url.href), { code: '28P01' });
});

const skip = await missingPgBouncer();

t.test('a URL through PgBouncer is refused at once', { skip }, async (t) => {
  const databaseUrl = await testDatabase(t);
  // the pooler of CloudNativePG always ignores `options`
  for (const ignored of [undefined, 'extra_float_digits,options']) {
    const { pooled } = await testPgBouncer(t, [databaseUrl], {
      settings: { ignore_startup_parameters: ignored },
    });
    const error = await awaitPostgres(pooled(databaseUrl)).catch((reason) => reason);
    t.ok(error instanceof OperatorError);
    t.match(error.message, /^DATABASE_URL leads through PgBouncer .*: give this job the URL of PostgreSQL/);
  }
});
