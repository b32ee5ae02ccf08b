import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort, type Teardown } from '@pair/test-kit';
import { contest, printHead } from './contest.ts';
import { type Customers, startCustomers } from './customers-process.ts';
import { CONNECTIONS, load } from './load.ts';

const ROWS = 1_000;

/**
 * Measures what a request pays for the limit of its subject, for metrics, and for traces. The CPU times of the rows are to
 * compare: the first row pays for none of them.
 */
export async function benchCosts(t: Teardown): Promise<void> {
  const noLimit = { SUBJECT_RATE_LIMIT: '0' };
  const metrics = { METRICS_PORT: String(await freePort()) };
  const traces = { ...noLimit, OTEL_EXPORTER_OTLP_ENDPOINT: await startCollector(t) };
  const sampled = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.01' };
  const variants = {
    'no limit, metrics or traces': noLimit,
    'with the limit of a subject': {},
    'with metrics': { ...noLimit, ...metrics },
    'with traces': traces,
    'with traces of 1 %': { ...traces, ...sampled },
  };
  const processes: { name: string; process: Customers }[] = [];
  for (const [name, settings] of Object.entries(variants))
    processes.push({ name, process: await startCustomers(t, ROWS, { settings }) });
  printHead('the cost of metrics, of traces, and of the limit of a subject');
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

/** Starts a collector that throws its spans away. */
async function startCollector(t: Teardown): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
