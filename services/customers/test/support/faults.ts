import { isWithin, waitFor } from '@pair/test-kit';
import type { Test } from 'tap';
import type { TestService } from './service.ts';

const body = { name: 'Ann', dob: '1960-05-25' };

export type Route = readonly [
  'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  more: { body?: object | string; headers?: Record<string, string> },
];

type Routes = [Route, Route, Route, Route, Route, Route, ...Route[]];

const CSV = { 'content-type': 'text/csv' };

/** A successful request for every route. */
export async function routesOf({ send }: TestService): Promise<Routes> {
  const { id } = (await send('POST', '/customers', { body })).json();
  return [
    ['GET', '/customers?n=5', {}],
    ['GET', `/customers/${id}`, {}],
    ['POST', '/customers', { body }],
    ['PUT', `/customers/${id}`, { body }],
    ['PATCH', `/customers/${id}`, { body }],
    ['DELETE', `/customers/${id}`, {}],
    ['GET', '/customers/export', {}],
    ['POST', '/customers/import', { body: 'name,dob\nBob,1960-05-25\n', headers: CSV }],
  ];
}

/** Sends all requests at once, and expects a 503 for each within the time limit. */
export async function areQuick503s(t: Test, { send }: TestService, routes: Route[], withinMs = 1_000) {
  await Promise.all(
    routes.map(async ([method, url, more]) => {
      const started = performance.now();
      const response = await send(method, url, more);
      const tookMs = performance.now() - started;
      t.match(response.json(), { status: 503, code: 'unavailable' }, `${method} ${url}`);
      t.equal(response.headers['retry-after'], '1');
      t.ok(isWithin(tookMs, withinMs), `${method} ${url}: within ${withinMs} ms (${Math.round(tookMs)} ms)`);
    }),
  );
}

export const answers200 = ({ send }: TestService, withinMs?: number) =>
  waitFor(async () => (await send('GET', '/customers?n=5')).statusCode === 200, withinMs);
