import { freePort, type Teardown } from '@pair/test-kit';
import { contest, printHead } from './contest.ts';
import { startCustomers } from './customers-process.ts';
import { CONNECTIONS, load } from './load.ts';

const ROWS = 1_000;

/**
 * Measures what a request pays for the limit of its subject, and for metrics. The CPU times of the rows are to compare: the
 * first row pays for neither.
 */
export async function benchCosts(t: Teardown): Promise<void> {
  const noLimit = { SUBJECT_RATE_LIMIT: '0' };
  const metrics = { METRICS_PORT: String(await freePort()) };
  const processes = await Promise.all(
    Object.entries({
      'neither limit nor metrics': noLimit,
      'with the limit of a subject': {},
      'with metrics': { ...noLimit, ...metrics },
    }).map(async ([name, settings]) => ({ name, process: await startCustomers(t, ROWS, { settings }) })),
  );
  printHead('the cost of metrics and of the limit of a subject');
  const path = '/customers?limit=20';
  const contestants = processes.map(({ name, process }) => ({
    name,
    run: (seconds: number) =>
      load(
        process,
        {
          connections: CONNECTIONS,
          requests: [{ method: 'GET', path, headers: { authorization: process.authorization } }],
        },
        seconds,
      ),
  }));
  const [first, ...others] = contestants;
  if (first !== undefined) await contest('list', first, others);
}
