import {
  jwksServer,
  mintClaims,
  mintKey,
  startProcess,
  type Teardown,
  testPostgres,
  testRedis,
  waitFor,
} from '@pair/test-kit';
import { Redis } from 'ioredis';
import pg from 'pg';
import { imageFlags, type MeasuredProcess, startMeasured } from './measured-process.ts';

export interface Customers extends MeasuredProcess {
  /** The Authorization header, with a token that may send every request of the benchmarks. */
  authorization: string;
  redisUrl: string;
  /** Signs the claims of an access token. */
  sign(claims: object): Promise<string>;
  databaseUrl: string;
  database: pg.Client;
}

/** One subject sends all requests, so the limit is above them. They are counted all the same. */
const COUNTED = { SUBJECT_RATE_LIMIT: '100000', SUBJECT_RATE_BURST: '10000' };

/** Starts one process of customers as in production, with a PostgreSQL and a Redis of its own and this many rows. */
export async function startCustomers(
  t: Teardown,
  rows: number,
  { settings = {}, execArgv = [] }: { settings?: Record<string, string>; execArgv?: string[] } = {},
): Promise<Customers> {
  const [key, postgres, redis] = await Promise.all([mintKey(), testPostgres(t), testRedis(t)]);
  const jwks = await jwksServer(t, [key]);
  const migration = await startProcess(t, {
    entry: 'services/customers/dist/migrate.js',
    env: { DATABASE_URL: postgres.url },
  });
  if ((await migration.exited) !== 0) throw new Error(migration.output());

  const database = new pg.Client({ connectionString: postgres.url });
  await database.connect();
  t.teardown(() => database.end());
  await database.query(
    `INSERT INTO customers (id, name, dob)
     SELECT gen_random_uuid(), 'Customer ' || i, date '1930-01-01' + (i * 7919) % 34000 FROM generate_series(1, $1) AS i`,
    [rows],
  );
  await database.query('VACUUM ANALYZE customers');
  const client = new Redis(redis.url);
  await client.set('{auth}:epoch', 'test-epoch');
  client.disconnect();

  const claims = mintClaims();
  const process = await startMeasured(
    t,
    'services/customers/dist/server.js',
    {
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      ISSUER: claims.iss,
      JWKS_URL: jwks.url,
      ...COUNTED,
      ...settings,
    },
    [...imageFlags(), ...execArgv],
  );
  await waitFor(async () => (await fetch(`${process.url}/readyz`)).status === 200, 20_000);
  const authorization = `Bearer ${await key.sign(claims)}`;
  // warm up: the process opens its connections to PostgreSQL, and V8 compiles the code, before the measurement
  for (let round = 0; round < 50; round++) {
    await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        fetch(`${process.url}/customers?n=${n + 1}`, { headers: { authorization } }).then((answer) =>
          answer.text(),
        ),
      ),
    );
  }
  return {
    ...process,
    authorization,
    redisUrl: redis.url,
    sign: (overrides) => key.sign({ ...claims, ...overrides }),
    databaseUrl: postgres.url,
    database,
  };
}
