import { once } from 'node:events';
import { metricIn, waitFor } from '@pair/test-kit';
import type { FastifyInstance } from 'fastify';
import t, { type Test } from 'tap';
import { Problem, StoreUnavailable } from '../../src/index.ts';
import { listening, startedProcess } from '../support/process.ts';

const ANY_PORT = 0;

/** A process with metrics; `read` fetches them from their listener. */
async function measured(t: Test, routes: (app: FastifyInstance) => Promise<void> = async () => {}) {
  const { app, logged } = await startedProcess(t, [routes], { METRICS_PORT: ANY_PORT });
  await app.ready();
  const { port } = logged().find(({ msg }) => msg === 'metrics are served') as { port: number };
  const inside = `http://127.0.0.1:${port}`;
  const read = async () => (await fetch(`${inside}/metrics`)).text();
  return { app, inside, read };
}

t.test('metrics and health have a listener of their own', async (t) => {
  const { app, inside } = await measured(t);
  t.equal((await app.inject('/metrics')).statusCode, 404, 'clients cannot read them');
  const metrics = await fetch(`${inside}/metrics`);
  t.match(metrics.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
  t.match(await metrics.text(), /^process_resident_memory_bytes \d+/m);
  t.equal((await fetch(`${inside}/livez`)).status, 200);
  t.equal((await fetch(`${inside}/readyz`)).status, 200);
  app.drain();
  t.equal((await fetch(`${inside}/readyz`)).status, 503);
  await app.close();
  await t.rejects(fetch(`${inside}/livez`));
});

t.test('a process without METRICS_PORT does not load the package', async (t) => {
  const { app } = await startedProcess(t, []);
  await app.ready();
  t.equal(app.metrics.isServed, false);
});

t.test('a request is counted by its method, its route and its status', async (t) => {
  const { app, read } = await measured(t, async (app) => {
    app.get('/things/:id', async () => ({}));
  });
  for (const id of ['1', '2']) await app.inject(`/things/${id}`);
  await app.inject({ url: '/things/3', method: 'HEAD' });
  const count = (method: string, route: string, status: number) =>
    `http_server_request_duration_seconds_count{http_request_method="${method}",http_route="${route}",http_response_status_code="${status}"}`;
  const text = await read();
  t.equal(metricIn(text, count('GET', '/things/:id', 200)), 2);
  t.equal(metricIn(text, count('HEAD', '/things/:id', 200)), 1);
});

t.test('the faults of a route begin with zero, and a client that leaves is counted', async (t) => {
  let handling = () => {};
  const isHandled = new Promise<void>((resolve) => {
    handling = resolve;
  });
  const { app, read } = await measured(t, async (app) => {
    app.post('/slow', async (request) => {
      if (request.headers['content-length'] === '2') return {};
      handling();
      await once(request.raw, 'close');
      return {};
    });
  });
  const port = await listening(app);
  const status = (code: number) =>
    `http_server_request_duration_seconds_count{http_request_method="POST",http_route="/slow",http_response_status_code="${code}"}`;
  await app.inject({ url: '/slow', method: 'POST', payload: {} });
  const before = await read();
  for (const code of [500, 503]) t.equal(metricIn(before, status(code)), 0);
  const leave = new AbortController();
  const request = fetch(`http://127.0.0.1:${port}/slow`, { method: 'POST', signal: leave.signal });
  await isHandled;
  leave.abort();
  await t.rejects(request);
  await waitFor(async () => metricIn(await read(), status(499)) === 1);
  await app.inject('/slow');
  t.equal(metricIn(await read(), status(499)), 1, 'once, and no other request');
});

t.test('unknown paths, methods, hosts and ids make no time series', async (t) => {
  const { app, read } = await measured(t, async (app) => {
    app.get('/things/:id', async () => ({}));
  });
  const seriesOf = (text: string) => text.split('\n').filter((line) => /^http/.test(line)).length;
  const request = async (id: number) => {
    await app.inject({ url: `/things/${id}?name=${id}`, headers: { host: `${id}.example` } });
    await app.inject({ url: `/unknown/${id}`, method: 'GET' });
    await app.inject({ url: `/things/${id}`, method: ['PROPFIND', 'MKCOL', 'REPORT'][id % 3] as 'GET' });
  };
  for (let id = 0; id < 3; id++) await request(id);
  const before = seriesOf(await read());
  for (let id = 3; id < 3_336; id++) await request(id);
  t.equal(seriesOf(await read()), before);
});

t.test('an answer 503 is counted by its cause', async (t) => {
  const { app, read } = await measured(t, async (app) => {
    app.get('/stale', async () => {
      throw new StoreUnavailable('revocation_feed', 'stale');
    });
    app.get('/refused', async () => {
      throw Object.assign(new Error('OOM command not allowed'), { name: 'ReplyError' });
    });
  });
  const series = (cause: string) => `http_server_unavailable_answers_total{cause="${cause}"}`;
  t.equal(metricIn(await read(), series('redis')), 0, 'a rate needs the zero');
  for (const url of ['/stale', '/refused', '/refused']) t.equal((await app.inject(url)).statusCode, 503);
  const text = await read();
  t.equal(metricIn(text, series('revocation_feed')), 1);
  t.equal(metricIn(text, series('redis')), 2);
  t.equal(metricIn(text, series('postgresql')), 0);
});

t.test('an answer 429 is counted by its limit', async (t) => {
  const { app, read } = await measured(t, async (app) => {
    app.get('/limited', async () => {
      throw new Problem(429, 'too_many_transfers', 'Wait.');
    });
  });
  const series = (limit: string) => `rate_limited_requests_total{limit="${limit}"}`;
  t.equal(metricIn(await read(), series('too_many_transfers')), 0, 'a rate needs the zero');
  await app.inject('/limited');
  t.equal(metricIn(await read(), series('too_many_transfers')), 1);
  t.equal(metricIn(await read(), series('rate_limit_exceeded')), 0);
});
