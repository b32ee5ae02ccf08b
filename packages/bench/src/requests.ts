import { startCustomers } from './customers-process.ts';
import { startMeasured } from './measured-process.ts';
import { median } from './median.ts';
import { pgbench } from './pgbench.ts';
import { load, type Sample, SCENARIOS } from './scenarios.ts';

/**
 * Measures each kind of request, with a token, on one process of customers. It compares them with a bare Fastify route
 * that parses and serializes the same bodies, and with pgbench that runs the same statement on as many connections as
 * the service has. The three take turns, so that a noisy machine is noisy for all. The CPU time is that of the serving
 * process. The load generator and PostgreSQL share the machine, so they limit the requests/s.
 */
const ROWS = 100_000;
const ROUNDS = 3;
const ROUND_SECONDS = 4;
const IDS = 100;

const teardowns: (() => unknown)[] = [];
const t = { teardown: (fn: () => unknown) => teardowns.unshift(fn) };

try {
  const customers = await startCustomers(t, ROWS);
  const { authorization, database } = customers;
  const get = async (path: string) =>
    (await fetch(customers.url + path, { headers: { authorization } })).text();
  const { rows } = await database.query(`SELECT id FROM customers LIMIT ${IDS}`);
  const ids = rows.map(({ id }) => id as string);

  console.log(`\n${ROWS} rows, median of ${ROUNDS} rounds of ${ROUND_SECONDS} s\n`);
  console.log('| | | requests/s | CPU per request | p99 |\n|---|---|---|---|---|');
  for (const scenario of SCENARIOS) {
    const requests = scenario.requests(ids);
    const path = requests[0]?.method === 'GET' ? (requests[0].path ?? '') : `/customers/${ids[0]}`;
    const answer = await get(path);
    const bare = await startMeasured(t, 'packages/bench/dist/bare.js', { LIST: answer, CUSTOMER: answer });
    const contestants: [name: string, run: (seconds: number) => Promise<Sample>][] = [
      ['customers', (seconds) => load(customers, requests, authorization, seconds)],
      ['bare Fastify', (seconds) => load(bare, requests, authorization, seconds)],
      ['pgbench', (seconds) => pgbench(customers.databaseUrl, scenario, ids, seconds)],
    ];
    const samples = contestants.map((): Sample[] => []);
    for (const [, run] of contestants) await run(1);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, [, run]] of contestants.entries()) samples[index]?.push(await run(ROUND_SECONDS));
    }
    for (const [index, [name]] of contestants.entries()) print(scenario.name, name, samples[index] ?? []);
    await bare.stop();
  }
} finally {
  for (const teardown of teardowns) await teardown();
}

function print(scenario: string, contestant: string, samples: Sample[]): void {
  const middle = (pick: (sample: Sample) => number | undefined) =>
    median(samples.map(pick).filter((value) => value !== undefined));
  const cpu = middle((sample) => sample.cpuMicroseconds);
  console.log(
    `| ${scenario} | ${contestant} | ${middle((s) => s.perSecond).toFixed()} | ${Number.isNaN(cpu) ? '' : `${cpu.toFixed()} µs`} | ${middle((s) => s.p99Ms).toFixed(1)} ms |`,
  );
}
