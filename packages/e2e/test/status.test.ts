import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import { freePort, isWithin, testNginx, waitFor } from '@pair/test-kit';
import t, { type Test } from 'tap';
import { startSystem } from './support/system.ts';

const TEMPLATE = join(ROOT, 'nginx/html/status');
const READY: RequestListener = (_request, response) => response.end('{"status":"ready","checks":{}}');

async function service(t: Test, answer: RequestListener): Promise<number> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** Reads the status, and measures the time until the answer. */
async function status(url: string, init?: RequestInit) {
  const started = performance.now();
  const response = await fetch(`${url}/status`, init);
  return { response, text: await response.text(), ms: performance.now() - started };
}

t.test('the status of the whole system reports which services are up, and nothing else', async (t) => {
  const { url, auth, redis } = await startSystem(t);
  await waitFor(async () => (await status(url)).text.trim() === '{"auth":"up","customers":"up"}');
  const { response } = await status(url);
  t.equal(response.status, 200);
  t.equal(response.headers.get('content-type'), 'application/json');
  t.equal(response.headers.get('cache-control'), 'no-store');
  t.equal(response.headers.get('x-content-type-options'), 'nosniff');
  for (const name of ['etag', 'last-modified']) t.notOk(response.headers.has(name), name);

  await auth[0]?.stop();
  await waitFor(async () => (await status(url)).text.trim() === '{"auth":"down","customers":"up"}');
  await redis.stop();
  await waitFor(async () => (await status(url)).text.trim() === '{"auth":"down","customers":"down"}');
});

t.test('a service that does not report that it is ready is soon "down", whatever else it does', async (t) => {
  const ANSWERS: Record<string, RequestListener> = {
    'breaks off': (request) => request.socket.destroy(),
    refuses: (_request, response) => response.writeHead(503).end('{"status":503,"detail":"Redis"}'),
    'is another program': (_request, response) => response.end('{"was":{"status":"ready"}}'),
    'answers with a word of the template': (_request, response) => response.end('slow '),
  };
  const upstreams: [string, number][] = [['is away', await freePort()]];
  for (const [name, answer] of Object.entries(ANSWERS)) upstreams.push([name, await service(t, answer)]);
  for (const [name, port] of upstreams) {
    const url = await testNginx(t, { auth: [port], customers: [port] });
    const { response, text, ms } = await status(url);
    t.equal(response.status, 200, name);
    t.equal(text.trim(), '{"auth":"down","customers":"down"}', name);
    t.ok(isWithin(ms, 3_000), `${name}: ${Math.round(ms)} ms`);
  }
});

t.test('a service that does not answer in time is "slow", independent of the other service', async (t) => {
  const [silent, ready] = await Promise.all([service(t, () => undefined), service(t, READY)]);
  for (const [upstreams, expected] of [
    [{ auth: [silent], customers: [ready] }, '{"auth":"slow","customers":"up"}'],
    [{ auth: [ready], customers: [silent] }, '{"auth":"up","customers":"slow"}'],
    [{ auth: [silent], customers: [await freePort()] }, '{"auth":"slow","customers":"down"}'],
    [{ auth: [silent, silent, silent], customers: [silent] }, '{"auth":"slow","customers":"slow"}'],
  ] as const) {
    const url = await testNginx(t, { auth: [...upstreams.auth], customers: [...upstreams.customers] });
    const { response, text, ms } = await status(url);
    t.equal(response.status, 200);
    t.equal(text.trim(), expected);
    t.ok(isWithin(ms, 3_000), `${expected}: ${Math.round(ms)} ms`);
  }
});

t.test('one ready replica is enough: nginx passes over an unreachable one', async (t) => {
  const ready = await service(t, READY);
  const url = await testNginx(t, { auth: [await freePort(), ready], customers: [ready, await freePort()] });
  for (let i = 0; i < 10; i++) t.equal((await status(url)).text.trim(), '{"auth":"up","customers":"up"}');
});

t.test(
  'the status is read-only and never cached, and nothing that a client sends reaches a service',
  async (t) => {
    const seen: IncomingMessage[] = [];
    const port = await service(t, (request, response) => {
      seen.push(request);
      READY(request, response);
    });
    const url = await testNginx(t, { auth: [port], customers: [port] });
    const headers = {
      accept: 'image/png',
      authorization: 'Bearer x',
      cookie: 'a=b',
      range: 'bytes=0-1',
      'content-type': 'a/b',
    };
    t.equal((await status(url, { headers })).text.trim(), '{"auth":"up","customers":"up"}');
    const conditional = { 'if-modified-since': statSync(TEMPLATE).mtime.toUTCString() };
    t.equal((await status(url, { headers: conditional })).response.status, 200);
    t.equal((await status(url, { method: 'HEAD' })).response.status, 200);
    t.match(await getWithBody(url), '{"auth":"up","customers":"up"}');
    t.equal((await status(url, { method: 'POST', body: 'x' })).response.status, 405);
    for (const request of seen) {
      t.equal(`${request.method} ${request.url}`, 'GET /readyz');
      t.strictSame(
        Object.keys(request.headers).filter((name) => name in headers || name === 'content-length'),
        [],
      );
    }
    t.equal((await fetch(`${url}/.readyz/auth`)).status, 404);
    t.equal((await fetch(`${url}/status/`)).status, 404);
  },
);

/** Sends a GET with a body, which fetch refuses. */
function getWithBody(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-length': 5, 'content-type': 'text/plain' };
    const sent = request(`${url}/status`, { headers }, async (response) => {
      resolve(Buffer.concat(await response.toArray()).toString());
    });
    sent.on('error', reject).end('hello');
  });
}

t.test('nginx refuses a flood of requests for the status, and so spares the stores', async (t) => {
  let asked = 0;
  const port = await service(t, (request, response) => {
    asked += 1;
    READY(request, response);
  });
  const url = await testNginx(t, { auth: [port], customers: [port] });
  const responses = await Promise.all(Array.from({ length: 60 }, () => fetch(`${url}/status`)));
  const refused = responses.filter(({ status }) => status === 429);
  t.ok(refused.length >= 20, `${refused.length} of 60 refused`);
  t.equal(responses.filter(({ status }) => status === 200).length, 60 - refused.length);
  t.equal(asked, (60 - refused.length) * 2);
});
