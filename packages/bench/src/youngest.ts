import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  freePort,
  jwksServer,
  mintClaims,
  mintKey,
  startProcess,
  testDatabase,
  testRedis,
  waitFor,
} from '@pair/test-kit';
import autocannon from 'autocannon';
import { Redis } from 'ioredis';
import pg from 'pg';

/**
 * `GET /customers?n=10` with a token, on one process of customers with 10,000 rows, beside a bare Fastify route that
 * returns the same list as a constant. The two take turns, so that a noisy machine is noisy for both. CPU is that of
 * the serving process; requests/s include what the load generator leaves of the machine.
 */
const ROWS = 10_000;
const ROUNDS = 5;
const ROUND_SECONDS = 5;
const CONNECTIONS = 64;
const PATH = '/customers?n=10';

interface Contestant {
  name: string;
  url: string;
  process: ChildProcess;
  samples: { requestsPerSecond: number; cpuMicroseconds: number; p99Ms: number }[];
}

const teardowns: (() => unknown)[] = [];
const t = { teardown: (fn: () => unknown) => teardowns.unshift(fn) };

try {
  const key = await mintKey();
  const authorization = `Bearer ${await key.sign(mintClaims())}`;
  const customers = await startCustomers(await jwksServer(t, [key]));
  await waitFor(
    async () => (await fetch(customers.url, { headers: { authorization } })).status === 200,
    20_000,
  );
  const answer = await (await fetch(customers.url, { headers: { authorization } })).text();
  const bare = await startBare(answer);

  for (const contestant of [bare, customers]) await load(contestant, authorization, 2);
  for (let round = 0; round < ROUNDS; round++) {
    for (const contestant of round % 2 === 0 ? [bare, customers] : [customers, bare]) {
      contestant.samples.push(await load(contestant, authorization, ROUND_SECONDS));
    }
  }
  report([bare, customers]);
} finally {
  for (const teardown of teardowns) await teardown();
}

async function startCustomers(jwks: { url: string }): Promise<Contestant> {
  const [databaseUrl, redis] = await Promise.all([testDatabase(t), testRedis(t)]);
  const migration = await startProcess(t, {
    entry: 'services/customers/dist/migrate.js',
    env: { DATABASE_URL: databaseUrl },
  });
  if ((await migration.exited) !== 0) throw new Error(migration.output());
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  await database.query(
    `INSERT INTO customers (id, name, dob)
     SELECT gen_random_uuid(), 'Customer ' || i, date '1930-01-01' + (i * 7919) % 34000 FROM generate_series(1, $1) AS i`,
    [ROWS],
  );
  await database.query('ANALYZE customers');
  await database.end();
  const client = new Redis(redis.url);
  await client.set('{auth}:epoch', 'test-epoch');
  client.disconnect();
  const issuer = mintClaims().iss;
  return start('customers', '../../../services/customers/dist/server.js', {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    ISSUER: issuer,
    JWKS_URL: jwks.url,
  });
}

function startBare(answer: string): Promise<Contestant> {
  return start('bare Fastify, constant list', './bare.js', { ANSWER: answer });
}

/** The CPU probe makes the process tell what it has used, when asked. */
async function start(name: string, entry: string, env: NodeJS.ProcessEnv): Promise<Contestant> {
  const port = await freePort();
  const child = fork(fileURLToPath(new URL(entry, import.meta.url)), {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', PORT: String(port), ...env },
    execArgv: ['--import', new URL('./cpu-probe.js', import.meta.url).href],
  });
  t.teardown(async () => {
    child.kill();
    if (child.exitCode === null) await once(child, 'exit');
  });
  const url = `http://127.0.0.1:${port}${PATH}`;
  await waitFor(
    () =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    20_000,
  );
  return { name, url, process: child, samples: [] };
}

async function load(contestant: Contestant, authorization: string, seconds: number) {
  const before = await cpu(contestant.process);
  const result = await autocannon({
    url: contestant.url,
    connections: CONNECTIONS,
    duration: seconds,
    headers: { authorization },
  });
  const after = await cpu(contestant.process);
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${contestant.name}: ${result.non2xx} refused, ${result.errors} errors`);
  const requests = result.requests.total;
  return {
    requestsPerSecond: requests / result.duration,
    cpuMicroseconds: (after - before) / requests,
    p99Ms: result.latency.p99,
  };
}

async function cpu(child: ChildProcess): Promise<number> {
  child.send('cpu');
  const [microseconds] = await once(child, 'message');
  return microseconds;
}

function report(contestants: Contestant[]): void {
  console.log(
    `\n${PATH}, ${ROWS} rows, ${CONNECTIONS} connections, median of ${ROUNDS} rounds of ${ROUND_SECONDS} s\n`,
  );
  console.log('| | requests/s | CPU per request | p99 |\n|---|---|---|---|');
  for (const { name, samples } of contestants) {
    const median = (pick: (sample: (typeof samples)[number]) => number) =>
      samples.map(pick).sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN;
    console.log(
      `| ${name} | ${median((s) => s.requestsPerSecond).toFixed()} | ${median((s) => s.cpuMicroseconds).toFixed()} µs | ${median((s) => s.p99Ms).toFixed()} ms |`,
    );
  }
}
