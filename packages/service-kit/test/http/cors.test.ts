import t, { type Test } from 'tap';
import { loadConfig, ProcessConfigSchema } from '../../src/index.ts';
import { exchange, listening, startedProcess } from '../support/process.ts';

const ORIGIN = 'https://app.example';
const FOREIGN = 'https://evil.example';

async function started(t: Test, config: { CORS_ORIGINS?: string[]; CORS_ALLOWED_HEADERS?: string[] } = {}) {
  const { app } = await startedProcess(
    t,
    [
      async (app) => {
        app.post('/things', { schema: { body: {} } }, async () => 'made');
        app.get('/things', async () => 'list');
      },
    ],
    { CORS_ORIGINS: [ORIGIN, 'http://localhost:5173'], ...config },
  );
  return { app, port: await listening(app) };
}

/** Requests that are refused before a route. */
const REFUSED: [name: string, status: number, line: string, ...headers: string[]][] = [
  ['a path that cannot be decoded', 400, 'GET /%zz'],
  ['a query that cannot be decoded', 400, 'GET /things?x=%zz'],
  ['a content coding', 415, 'POST /things', 'Content-Encoding: gzip', 'Content-Length: 0'],
  ['an expectation', 417, 'GET /things', 'Expect: 200-ok'],
  ['a transfer coding', 400, 'POST /things', 'Transfer-Encoding: gzip, chunked'],
  ['a body that is too long', 413, 'POST /things', 'Content-Type: application/json', 'Content-Length: 99999'],
  ['a media type', 415, 'POST /things', 'Content-Type: a/b', 'Content-Length: 2'],
  ['a path', 404, 'GET /nothing'],
  ['a method', 405, 'DELETE /things'],
];

const request = (line: string, ...headers: string[]) =>
  `${[`${line} HTTP/1.1`, ...headers, 'Connection: close'].join('\r\n')}\r\n\r\n`;

t.test(
  'a page of an allowed origin can read every refusal, and a page of another origin cannot',
  async (t) => {
    const { port } = await started(t);
    const cases = [
      ...REFUSED.map(
        ([name, status, line, ...headers]) => [name, status, line, 'Host: a', ...headers] as const,
      ),
      ['no Host', 400, 'GET /things'] as const,
    ];
    for (const [name, status, line, ...headers] of cases) {
      const [ours, foreign, none] = await Promise.all([
        exchange(port, request(line, ...headers, `Origin: ${ORIGIN}`)),
        exchange(port, request(line, ...headers, `Origin: ${FOREIGN}`)),
        exchange(port, request(line, ...headers)),
      ]);
      t.match(ours, new RegExp(`^HTTP/1.1 ${status} .*application/problem\\+json`, 's'), name);
      t.match(ours, new RegExp(`\r\naccess-control-allow-origin: ${ORIGIN}\r\n`, 'i'), name);
      t.match(ours, /\r\naccess-control-expose-headers: .*retry-after.*x-request-id/i, name);
      for (const answer of [foreign, none]) {
        t.match(answer, new RegExp(`^HTTP/1.1 ${status} `), name);
        t.notMatch(answer, /\r\naccess-control-/i, name);
      }
      for (const answer of [ours, foreign, none]) t.match(answer, /\r\nvary: Origin/i, name);
    }
  },
);

t.test(
  'a preflight is answered even if its request will fail, so that the page can read the error',
  async (t) => {
    const { app, port } = await started(t);
    for (const url of ['/%zz', '/things?x=%zz', '/nothing', '/things', '/livez', `/${'x'.repeat(200)}`]) {
      const preflight = (origin: string) => ({
        origin,
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'authorization,if-match',
      });
      const ours = await app.inject({ method: 'OPTIONS', url, headers: preflight(ORIGIN) });
      t.match(ours, { statusCode: 204, body: '' }, url);
      t.match(ours.headers, {
        'access-control-allow-origin': ORIGIN,
        'access-control-allow-methods': /PATCH/,
        'access-control-allow-headers': /authorization.*if-match/,
        'access-control-max-age': '600',
        vary: 'Origin',
      });
      const foreign = await app.inject({ method: 'OPTIONS', url, headers: preflight(FOREIGN) });
      t.notOk(
        Object.keys(foreign.headers).some((name) => name.startsWith('access-control-')),
        url,
      );
    }
    t.match(
      await exchange(
        port,
        request('OPTIONS /%zz', 'Host: a', `Origin: ${ORIGIN}`, 'Access-Control-Request-Method: PUT'),
      ),
      /^HTTP\/1.1 204 /,
    );
  },
);

t.test(
  'any page can read the answer to bytes without a readable origin, and only its own page the answer to a late body',
  async (t) => {
    const { app, port } = await started(t);
    for (const bytes of [
      'HELLO\r\n\r\n',
      `GET /things HTTP/1.1\r\nHost: a\r\nOrigin: ${ORIGIN}\r\nx: ${'y'.repeat(20_480)}\r\n\r\n`,
      `GET /things HTTP/1.1\r\nHost: a\r\nOrigin: ${ORIGIN}\r\nnonsense\r\n\r\n`,
    ]) {
      t.match(await exchange(port, bytes), /^HTTP\/1.1 4.*\r\naccess-control-allow-origin: \*\r\n/s);
    }
    app.server.requestTimeout = 50;
    app.server.headersTimeout = 50;
    const late = (origin: string) =>
      exchange(
        port,
        `POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nX-Request-Id: abc\r\nOrigin: ${origin}\r\nContent-Length: 2\r\n\r\n{`,
      );
    const [ours, foreign] = await Promise.all([late(ORIGIN), late(FOREIGN)]);
    t.match(ours, new RegExp(`^HTTP/1.1 408 .*\r\naccess-control-allow-origin: ${ORIGIN}\r\n`, 's'));
    t.match(ours, /\r\nx-request-id: abc\r\n.*"instance":"\/things","request_id":"abc"/s);
    t.match(foreign, /^HTTP\/1.1 408 /);
    t.notMatch(foreign, /access-control-/);
  },
);

t.test('without allowed origins no answer has CORS headers', async (t) => {
  const { port } = await started(t, { CORS_ORIGINS: [] });
  for (const bytes of ['HELLO\r\n\r\n', request('GET /%zz', 'Host: a', `Origin: ${ORIGIN}`)]) {
    t.notMatch(await exchange(port, bytes), /access-control-|vary:/i);
  }
});

t.test('pages may send the headers of tracing, and the headers of CORS_ALLOWED_HEADERS', async (t) => {
  const preflight = { origin: ORIGIN, 'access-control-request-method': 'GET' };
  for (const [CORS_ALLOWED_HEADERS, more] of [
    [[], ''],
    [['x-tenant', 'Sentry-Trace'], ', x-tenant, Sentry-Trace'],
  ] as const) {
    const { app } = await started(t, { CORS_ALLOWED_HEADERS: [...CORS_ALLOWED_HEADERS] });
    const { headers } = await app.inject({ method: 'OPTIONS', url: '/things', headers: preflight });
    t.equal(
      headers['access-control-allow-headers'],
      `authorization, content-type, if-match, if-none-match, idempotency-key, dpop, traceparent, tracestate, baggage${more}`,
    );
  }
});

t.test('a page may send a proof of possession, and read the nonce and the challenge', async (t) => {
  const { app } = await started(t);
  const { headers } = await app.inject({ url: '/nothing', headers: { origin: ORIGIN, dpop: 'a proof' } });
  const exposed = String(headers['access-control-expose-headers']).split(', ');
  for (const name of ['dpop-nonce', 'www-authenticate']) t.ok(exposed.includes(name), name);
});

t.test('a process refuses an invalid header name at the start', async (t) => {
  const load = (names: string) => loadConfig(ProcessConfigSchema, { CORS_ALLOWED_HEADERS: names });
  t.same(load('x-tenant, Sentry-Trace').CORS_ALLOWED_HEADERS, ['x-tenant', 'Sentry-Trace']);
  t.equal(load('').CORS_ALLOWED_HEADERS, undefined);
  for (const names of ['*', 'x-a x-b', 'x-a:', 'x-ä', 'x-a\r\nx-b: c', 'x-a,"b"']) {
    t.throws(() => load(names), { message: /CORS_ALLOWED_HEADERS/ }, names);
  }
});
