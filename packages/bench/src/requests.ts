import type { Teardown } from '@pair/test-kit';
import { contest, printHead } from './contest.ts';
import { startCustomers } from './customers-process.ts';
import { CONNECTIONS, load } from './load.ts';
import { type MeasuredProcess, startMeasured } from './measured-process.ts';
import { pgbench } from './pgbench.ts';
import { SCENARIOS } from './scenarios.ts';

const ROWS = 100_000;
const IDS_OF_CONNECTION = 100;
/** Each connection has ids of its own, so that no two requests at the same time have the same id. */
const IDS = CONNECTIONS * IDS_OF_CONNECTION;

/**
 * Measures each kind of request to customers, with a token, on one process. The ceilings are a bare Fastify route that parses
 * and serializes the same bodies, and pgbench that runs the same statement on as many connections as the service has.
 */
export async function benchRequests(t: Teardown): Promise<void> {
  const customers = await startCustomers(t, ROWS);
  const { authorization, database } = customers;
  const get = async (path: string) =>
    (await fetch(customers.url + path, { headers: { authorization } })).text();
  const { rows } = await database.query(`SELECT id FROM customers ORDER BY random() LIMIT ${IDS}`);
  const ids = rows.map(({ id }) => id as string);

  printHead(`customers, ${ROWS} rows`);
  for (const scenario of SCENARIOS) {
    const requestsFor = (ids: string[]) =>
      scenario
        .requests(ids)
        .map((request) => ({ ...request, headers: { authorization, ...request.headers } }));
    const requests = requestsFor(ids.slice(0, IDS_OF_CONNECTION));
    /** Sends the requests of this kind over so many connections. */
    const send = (process: MeasuredProcess, connections: number, seconds: number) => {
      let first = 0;
      return load(
        process,
        {
          connections,
          requests,
          setupClient: (client) => {
            client.setRequests(requestsFor(ids.slice(first, first + IDS_OF_CONNECTION)));
            first += IDS_OF_CONNECTION;
          },
        },
        seconds,
      );
    };
    const path = requests[0]?.method === 'GET' ? (requests[0].path ?? '') : `/customers/${ids[0]}`;
    const answer = await get(path);
    const bare = await startMeasured(t, 'packages/bench/dist/bare.js', { LIST: answer, CUSTOMER: answer });
    await contest(
      scenario.name,
      { name: 'customers', run: (seconds) => send(customers, CONNECTIONS, seconds) },
      [
        { name: 'bare Fastify', run: (seconds) => send(bare, CONNECTIONS, seconds) },
        { name: 'pgbench', run: (seconds) => pgbench(customers.databaseUrl, scenario, ids, seconds) },
      ],
    );
    if (scenario.isRead) {
      await contest(
        `${scenario.name}, one connection`,
        { name: 'customers', run: (seconds) => send(customers, 1, seconds) },
        [{ name: 'bare Fastify', run: (seconds) => send(bare, 1, seconds) }],
      );
    }
    await bare.stop();
  }
  console.log(`\nresident memory of customers after this: ${customers.residentMegabytes().toFixed()} MB`);
}
