import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, createServer, get, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { freePort, startProcess, testNginx, waitFor } from '@pair/test-kit';
import t, { type Test } from 'tap';

/** A stand-in for a service behind nginx, which records the requests that reach it. */
interface Upstream {
  port: number;
  requests: IncomingMessage[];
  connections: number;
}

async function upstream(
  t: Test,
  answer: RequestListener = (_request, response) => response.end('from the service'),
  port = 0,
) {
  const seen: Upstream = { port: 0, requests: [], connections: 0 };
  const server = createServer((request, response) => {
    seen.requests.push(request);
    answer(request, response);
  });
  server.on('connection', () => {
    seen.connections += 1;
  });
  server.listen(port, '127.0.0.1', 4096); // the backlog of the services
  await once(server, 'listening');
  seen.port = (server.address() as AddressInfo).port;
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return seen;
}

async function gateway(t: Test, answer?: RequestListener) {
  const [auth, customers] = await Promise.all([upstream(t, answer), upstream(t, answer)]);
  return { auth, customers, url: await testNginx(t, { auth: [auth.port], customers: [customers.port] }) };
}

async function isProblem(t: Test, response: Response, status: number, code: string) {
  t.equal(response.status, status);
  t.equal(response.headers.get('content-type'), 'application/problem+json');
  const body = (await response.json()) as Record<string, unknown>;
  t.match(body, {
    type: 'about:blank',
    status,
    code,
    title: String,
    detail: String,
    request_id: /^[0-9a-f]{32}$/,
  });
  t.notOk('instance' in body);
}

t.test('a path reaches the service as the client wrote it', async (t) => {
  const { auth, customers, url } = await gateway(t);
  for (const path of [
    '/customers',
    '/customers?n=5&x=%20',
    '/customers/a%2Fb',
    '/customers//c',
    '/docs/customers/json',
  ]) {
    await fetch(url + path);
    t.equal(customers.requests.at(-1)?.url, path);
  }
  for (const path of [
    '/auth/login',
    '/oauth/token',
    '/.well-known/jwks.json',
    '/docs/auth',
    '/auth/%C3%A9?%00',
  ]) {
    await fetch(url + path);
    t.equal(auth.requests.at(-1)?.url, path);
  }
});

t.test('nginx overwrites the forwarding headers and the request id of a client', async (t) => {
  const { customers, url } = await gateway(t);
  await fetch(`${url}/customers`, {
    headers: {
      'x-forwarded-for': '10.9.8.7',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-port': '1',
      'x-real-ip': '10.9.8.7',
      forwarded: 'for=10.9.8.7',
      'x-request-id': 'chosen-by-the-client',
    },
  });
  const headers = customers.requests[0]?.headers ?? {};
  t.equal(headers['x-forwarded-for'], '127.0.0.1');
  t.equal(headers['x-forwarded-proto'], 'http');
  t.equal(headers['x-forwarded-host'], new URL(url).host);
  t.match(headers['x-request-id'], /^[0-9a-f]{32}$/);
  for (const name of ['x-forwarded-port', 'x-real-ip', 'forwarded']) t.notOk(name in headers, name);
});

t.test('errors of nginx itself are problems, errors of a service pass unchanged', async (t) => {
  const { url } = await gateway(t, (_request, response) => {
    response.writeHead(418, { 'content-type': 'text/plain' }).end('of the service');
  });
  await isProblem(t, await fetch(`${url}/nothing`), 404, 'not_found');
  await isProblem(t, await fetch(`${url}/`, { method: 'DELETE' }), 405, 'method_not_allowed');
  await isProblem(
    t,
    await fetch(`${url}/customers`, { method: 'POST', body: 'x'.repeat(17_000) }),
    413,
    'body_too_large',
  );
  await isProblem(t, await fetch(`${url}/customers?${'x'.repeat(9_000)}`), 414, 'uri_too_long');
  await isProblem(
    t,
    await fetch(`${url}/customers`, { headers: { long: 'x'.repeat(9_000) } }),
    431,
    'headers_too_large',
  );
  const passed = await fetch(`${url}/customers`);
  t.equal(passed.status, 418);
  t.equal(await passed.text(), 'of the service');
});

t.test(
  'a long proof of possession reaches the service beside a token, and the client gets the nonce',
  async (t) => {
    const { customers, url } = await gateway(t, (_request, response) => {
      response
        .writeHead(401, { 'DPoP-Nonce': 'n-1', 'WWW-Authenticate': 'DPoP error="use_dpop_nonce"' })
        .end();
    });
    // the longest proof that the services read
    const headers = { authorization: `DPoP ${'t'.repeat(2_000)}`, dpop: 'p'.repeat(4_096) };
    const answer = await fetch(`${url}/customers`, { headers });
    t.match(customers.requests[0]?.headers, headers);
    t.equal(answer.headers.get('dpop-nonce'), 'n-1');
    t.equal(answer.headers.get('www-authenticate'), 'DPoP error="use_dpop_nonce"');
  },
);

t.test('below /oauth errors of nginx itself have the form of RFC 6749', async (t) => {
  const isOAuthError = async (response: Response, status: number, error: string) => {
    t.equal(response.status, status);
    t.match(response.headers.get('content-type'), /^application\/json/);
    t.equal(response.headers.get('cache-control'), 'no-store');
    t.match(await response.json(), { error, error_description: String });
  };
  const { url } = await gateway(t);
  const post = (body: string) => fetch(`${url}/oauth/token`, { method: 'POST', body });
  await isOAuthError(await post('x'.repeat(17_000)), 413, 'invalid_request');
  const withoutServices = await testNginx(t, { auth: [await freePort()], customers: [await freePort()] });
  const away = await fetch(`${withoutServices}/oauth/token`, { method: 'POST' });
  t.equal(away.headers.get('retry-after'), '1');
  await isOAuthError(away, 503, 'temporarily_unavailable');

  const head =
    'POST /oauth/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n';
  const malformed = await raw(url, `${head}no length\r\n`);
  t.match(malformed, /^HTTP\/1\.1 400 /);
  t.match(malformed, /\r\n\r\n\{"error":"invalid_request",/);
});

t.test('a page of another origin can read the errors of nginx itself', async (t) => {
  const url = await testNginx(t, { auth: [await freePort()], customers: [await freePort()] });
  for (const path of ['/customers', '/oauth/token']) {
    const { status, headers } = await fetch(url + path);
    t.equal(status, 503, path);
    t.equal(headers.get('access-control-allow-origin'), '*', path);
    t.match(headers.get('access-control-expose-headers'), /Retry-After, X-Request-Id/, path);
  }
});

t.test('a request for discovery goes to the service that it describes', async (t) => {
  const { auth, customers, url } = await gateway(t);
  const documents = ['oauth-authorization-server', 'openid-configuration', 'jwks.json'];
  for (const path of [...documents, 'oauth-protected-resource']) await fetch(`${url}/.well-known/${path}`);
  const asked = ({ requests }: Upstream) => requests.map((request) => request.url);
  t.same(
    asked(auth),
    documents.map((path) => `/.well-known/${path}`),
  );
  t.same(asked(customers), ['/.well-known/oauth-protected-resource']);
});

t.test('an unreachable service is a 503 with Retry-After', async (t) => {
  const url = await testNginx(t, { auth: [await freePort()], customers: [await freePort()] });
  for (const path of ['/customers', '/auth/login']) {
    const response = await fetch(url + path);
    t.equal(response.headers.get('retry-after'), '1');
    await isProblem(t, response, 503, 'unavailable');
  }
  t.equal((await fetch(`${url}/`)).status, 200, 'nginx still serves the front page');
});

t.test('health checks are unreachable from outside', async (t) => {
  const { auth, customers, url } = await gateway(t);
  for (const path of [
    '/livez',
    '/readyz',
    '//readyz',
    '/%6civez',
    '/customers/../readyz',
    '/auth/..%2freadyz',
  ]) {
    const status = (await raw(url, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).slice(
      9,
      12,
    );
    t.ok(status === '404' || status === '400', `${path}: ${status}`);
  }
  const seen = [...auth.requests, ...customers.requests].map((request) => request.url);
  t.same(
    seen.filter((path) => /^\/(livez|readyz)/.test(path ?? '')),
    [],
  );
});

t.test('a flood of sign-ins from one address gets 429, and stops no other request', async (t) => {
  const { auth, url } = await gateway(t);
  const attempt = () => fetch(`${url}/auth/login`, { method: 'POST', body: '{}' });
  const responses = await Promise.all(Array.from({ length: 250 }, attempt));
  const refused = responses.filter(({ status }) => status === 429);
  t.ok(refused.length > 0 && refused.length <= 150, `${refused.length} of 250 refused`);
  t.equal(responses.filter(({ status }) => status === 200).length, 250 - refused.length);
  t.equal(auth.requests.length, 250 - refused.length, 'no refused request reaches auth');
  const [first] = refused;
  if (first === undefined) return;
  t.ok(Number(first.headers.get('retry-after')) >= 1);
  await isProblem(t, first, 429, 'too_many_requests');
  t.equal((await fetch(`${url}/auth/refresh`, { method: 'POST', body: '{}' })).status, 200);
});

t.test('the addresses of one IPv6 /64 share each limit, and an IPv4 address has its own', async (t) => {
  const [auth, customers] = await Promise.all([upstream(t), upstream(t)]);
  const ports = { auth: [auth.port], customers: [customers.port] };
  const url = await testNginx(t, ports, { isBehindBalancer: true });
  /** Sends this number of requests at once; resolves to the number that nginx refused. */
  const refusals = async (method: string, path: string, address: string, count: number) => {
    const headers = { 'x-forwarded-for': address };
    const answers = await Promise.all(
      Array.from({ length: count }, () => fetch(url + path, { method, headers })),
    );
    return answers.filter(({ status }) => status === 429).length;
  };
  const limits: [method: string, path: string, burst: number][] = [
    ['POST', '/auth/register', 10],
    ['POST', '/auth/login', 100],
    ['GET', '/docs/auth', 60],
    ['GET', '/status', 20],
  ];
  for (const [method, path, burst] of limits) {
    await refusals(method, path, '2001:db8:0:a::1', burst);
    const neighbour = '2001:db8:0:a:ffff:0a0a:0:2';
    t.ok((await refusals(method, path, neighbour, burst)) > 0, `${path}: a neighbour shares the limit`);
    t.equal(await refusals(method, path, '2001:db8:0:b::1', burst), 0, `${path}: another /64 does not`);
    await refusals(method, path, '192.0.2.1', burst);
    t.ok((await refusals(method, path, '::ffff:192.0.2.1', burst)) > 0, `${path}: an IPv4 address, mapped`);
    t.equal(await refusals(method, path, '::ffff:192.0.2.2', burst), 0, `${path}: another IPv4 address`);
  }
});

t.test('nginx never sends a POST a second time, but may repeat a GET', async (t) => {
  const breaks: RequestListener = (request) => request.socket.destroy();
  const [one, two] = await Promise.all([upstream(t, breaks), upstream(t, breaks)]);
  const url = await testNginx(t, { auth: [one.port, two.port], customers: [one.port, two.port] });
  const sent = () => one.requests.length + two.requests.length;
  t.equal((await fetch(`${url}/auth/refresh`, { method: 'POST', body: '{}' })).status, 503);
  t.equal(sent(), 1);
  t.equal((await fetch(`${url}/customers`)).status, 503);
  t.ok(sent() >= 2);
});

t.test(
  'of thousands of requests at once from one address 4,096 wait and get an answer, the others get 429',
  async (t) => {
    const waiting: (() => void)[] = [];
    const { customers, url } = await gateway(t, (_request, response) => {
      waiting.push(() => response.end());
    });
    const agent = new Agent();
    t.teardown(() => agent.destroy());
    const statuses = new Map<number | undefined, number>();
    const request = () =>
      new Promise<void>((resolve, reject) => {
        get(`${url}/customers`, { agent }, (response) => {
          statuses.set(response.statusCode, (statuses.get(response.statusCode) ?? 0) + 1);
          response.resume().on('end', resolve);
        }).on('error', reject);
      });
    const all = Promise.all(Array.from({ length: 4_200 }, request));
    await waitFor(() => statuses.get(429) === 104 && customers.requests.length === 4_096);
    for (const answer of waiting) answer();
    await all;
    t.strictSame([...statuses].sort(), [
      [200, 4_096],
      [429, 104],
    ]);
  },
);

t.test('nginx waits for a service whose queue is full: the kernel tries again after a second', async (t) => {
  const port = await freePort();
  const service = await startProcess(t, {
    entry: 'packages/e2e/test/fixtures/short-backlog.mjs',
    env: { PORT: String(port) },
  });
  await waitFor(() => service.output().includes('listens'));
  const url = await testNginx(t, { auth: [port], customers: [port] });
  process.kill(service.pid, 'SIGSTOP');
  // a backlog of one holds two connections that the process has not accepted
  const fillers = [1, 2].map(() => connect(port, '127.0.0.1'));
  t.teardown(() => fillers.map((socket) => socket.destroy()));
  await Promise.all(fillers.map((socket) => once(socket, 'connect')));
  const response = fetch(`${url}/customers`);
  await waitFor(() => isConnecting(port));
  process.kill(service.pid, 'SIGCONT');
  t.equal((await response).status, 200);
});

/** Whether this machine has sent a SYN to the port, and has no answer yet. */
function isConnecting(port: number): boolean {
  const address = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const SYN_SENT = '02';
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .some((line) => {
      const [, , remote, state] = line.trim().split(/\s+/);
      return remote === address && state === SYN_SENT;
    });
}

t.test('nginx tries the replicas that it holds for down, when it holds all of them', async (t) => {
  const ports = [await freePort(), await freePort()];
  const url = await testNginx(t, { auth: ports, customers: ports });
  for (let i = 0; i < 10; i++) t.equal((await fetch(`${url}/customers`)).status, 503);
  await upstream(t, undefined, ports[1]);
  for (let i = 0; i < 10; i++) t.equal((await fetch(`${url}/customers`)).status, 200);
});

t.test('nginx keeps a replica after one failure', async (t) => {
  let failed = 0;
  const [stumbles, other] = await Promise.all([
    upstream(t, (request, response) => {
      if (++failed > 1) response.end();
      else request.socket.destroy();
    }),
    upstream(t),
  ]);
  const ports = [stumbles.port, other.port];
  const url = await testNginx(t, { auth: ports, customers: ports });
  for (let i = 0; i < 10; i++) t.equal((await fetch(`${url}/customers`)).status, 200);
  t.ok(stumbles.requests.length >= 4, `${stumbles.requests.length} of 11 requests`);
});

t.test('nginx reuses its connections to a service', async (t) => {
  const { customers, url } = await gateway(t);
  for (let i = 0; i < 50; i++) await (await fetch(`${url}/customers`)).text();
  t.equal(customers.requests.length, 50);
  t.ok(customers.connections <= 4, `${customers.connections} connections`); // each worker has its own
});

t.test('every answer of nginx has the security headers, and no version', async (t) => {
  const { url } = await gateway(t);
  for (const path of ['/', '/docs/', '/replay', '/replay/explained', '/replay/page.js', '/nothing']) {
    const { headers } = await fetch(url + path);
    t.match(
      headers.get('content-security-policy'),
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
      path,
    );
    t.equal(headers.get('cross-origin-opener-policy'), 'same-origin', path);
    t.equal(headers.get('x-content-type-options'), 'nosniff', path);
    t.equal(headers.get('server'), 'nginx', path);
  }
});

function raw(url: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('utf8').on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', reject).on('close', () => resolve(answer));
  });
}
