import type { CustomersRepository } from '@pair/customers';
import autocannon from 'autocannon';
import type { MeasuredProcess } from './measured-process.ts';

const CONNECTIONS = 64;
const JSON_TYPE = { 'content-type': 'application/json' };

/** One kind of request, which the load repeats. `ids` belong to existing customers. */
export interface Scenario {
  name: string;
  /** The call of the repository that the service makes for this request. */
  statement: (repository: CustomersRepository, id: string) => Promise<unknown>;
  requests: (ids: string[]) => autocannon.Request[];
}

const ALL = { name: undefined, dobFrom: undefined, dobTo: undefined, sort: 'dob', descending: true } as const;
const FIELDS = { name: 'Ada Lovelace', dob: '1815-12-10' };

export const SCENARIOS: Scenario[] = [
  {
    name: 'list, the 10 youngest',
    statement: (repository) => repository.youngest(10),
    requests: () => [{ method: 'GET', path: '/customers?n=10' }],
  },
  {
    name: 'list, a page of 20',
    statement: (repository) => repository.page(ALL, 21, undefined),
    requests: () => [{ method: 'GET', path: '/customers' }],
  },
  {
    name: 'get',
    statement: (repository, id) => repository.find(id),
    requests: (ids) => ids.map((id) => ({ method: 'GET', path: `/customers/${id}` })),
  },
  {
    name: 'create',
    statement: (repository, id) => repository.create(id, FIELDS),
    requests: () => [
      { method: 'POST', path: '/customers', headers: JSON_TYPE, body: JSON.stringify(FIELDS) },
    ],
  },
  {
    name: 'patch',
    statement: (repository, id) => repository.update(id, { name: 'Ada King' }),
    requests: (ids) =>
      ids.map((id) => ({
        method: 'PATCH',
        path: `/customers/${id}`,
        headers: { 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify({ name: 'Ada King' }),
      })),
  },
];

export interface Sample {
  perSecond: number;
  /** CPU time of the serving process for each request. */
  cpuMicroseconds?: number;
  p99Ms: number;
}

/** Sends requests of this kind for so many seconds, on 64 connections without a pause. */
export async function load(
  process: MeasuredProcess,
  requests: autocannon.Request[],
  authorization: string,
  seconds: number,
): Promise<Sample> {
  const before = await process.cpu();
  const result = await autocannon({
    url: process.url,
    connections: CONNECTIONS,
    duration: seconds,
    headers: { authorization },
    requests: requests.map((request) => ({ ...request, headers: { authorization, ...request.headers } })),
  });
  const after = await process.cpu();
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${requests[0]?.path}: ${result.non2xx} refused, ${result.errors} errors`);
  const total = result.requests.total;
  return {
    perSecond: total / result.duration,
    cpuMicroseconds: (after - before) / total,
    p99Ms: result.latency.p99,
  };
}
