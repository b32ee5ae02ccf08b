import { jwksServer, mintClaims, mintKey, PRODUCTION_LIMITS, testPostgres, waitFor } from '@pair/test-kit';
import t from 'tap';
import { migrateCustomers } from '../src/index.ts';
import { customersProcess, redisWithEpoch } from './support/service.ts';

t.test('a process that starts without its stores answers 503, and 200 once all are up', async (t) => {
  const database = await testPostgres(t);
  const redis = await redisWithEpoch(t);
  const key = await mintKey();
  const jwks = await jwksServer(t, [key]);
  await migrateCustomers(database.url);
  await Promise.all([database.stop(), redis.stop(), jwks.stop()]);

  const stores = { databaseUrl: database.url, redisUrl: redis.url };
  const { app, send, log } = await customersProcess(t, stores, { JWKS_URL: jwks.url }, PRODUCTION_LIMITS);
  const token = await key.sign(mintClaims());
  const get = () => send('GET', '/customers?n=5', { token });
  t.match((await get()).json(), { status: 503, code: 'unavailable' });
  const { detail } = (await app.inject('/readyz')).json();
  for (const name of ['PostgreSQL', 'Redis', 'signing keys', 'revocation feed'])
    t.match(detail, `customers: ${name}`);

  await jwks.start();
  t.equal((await get()).statusCode, 503);
  await redis.start();
  await waitFor(async () => !/signing keys|feed/.test((await app.inject('/readyz')).json().detail));
  t.match((await get()).json(), { status: 503, code: 'unavailable' });
  await database.start();
  await waitFor(async () => (await get()).statusCode === 200);
  await waitFor(async () => (await app.inject('/readyz')).statusCode === 200);
  t.notMatch(log(), /"level":"(error|fatal)"/);
});
