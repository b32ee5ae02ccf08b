import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort, runProgram, testNginx } from '@pair/test-kit';
import t, { type Test } from 'tap';

async function readyService(t: Test): Promise<number> {
  const server = createServer((_request, response) => response.end('{"status":"ready","checks":{}}'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** Starts nginx before a service that is ready and one that is away. */
async function gateway(t: Test) {
  const metricsPort = await freePort();
  const upstreams = { auth: [await freePort()], customers: [await readyService(t)] };
  const url = await testNginx(t, upstreams, { metricsPort });
  return { url, inside: `http://127.0.0.1:${metricsPort}` };
}

t.test('nginx counts connections and requests, and reports which services are ready', async (t) => {
  const { url, inside } = await gateway(t);
  const read = async () => {
    const response = await fetch(`${inside}/metrics`);
    t.equal(response.status, 200);
    t.equal(response.headers.get('content-type'), 'text/plain');
    const text = await response.text();
    await runProgram('promtool', ['check', 'metrics'], text);
    return text;
  };
  const before = await read();
  for (const name of ['accepted_total', 'handled_total', 'active', 'reading', 'writing', 'waiting']) {
    t.match(before, new RegExp(`^nginx_connections_${name} \\d+$`, 'm'));
  }
  t.match(before, /^nginx_upstream_ready\{service="auth"\} 0$/m);
  t.match(before, /^nginx_upstream_ready\{service="customers"\} 1$/m);
  for (let i = 0; i < 10; i++) await fetch(url);
  t.ok(requestsIn(await read()) - requestsIn(before) >= 10);
});

function requestsIn(text: string): number {
  return Number(/^nginx_http_requests_total (\d+)$/m.exec(text)?.[1]);
}

t.test('the gateway does not serve the metrics', async (t) => {
  const { url, inside } = await gateway(t);
  for (const path of ['/metrics', '/metrics/metrics', '/.stub-status', '/../metrics/metrics']) {
    t.equal((await fetch(url + path)).status, 404, path);
  }
  for (const path of ['/.stub-status', '/.readyz/customers', '/', '/auth/me']) {
    t.equal((await fetch(inside + path)).status, 404, `inside: ${path}`);
  }
});
