import net from 'node:net';
import t, { type Test } from 'tap';
import { Type } from 'typebox';
import { Problem } from '../../src/index.ts';
import { handleClientError } from '../../src/problems/errors.ts';
import { exchange, listening, startedProcess } from '../support/process.ts';

const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

async function started(t: Test) {
  return startedProcess(t, [
    async (app) => {
      app.get('/things', async () => ({ fine: true }));
      app.post('/things', { schema: { body: Type.Object({}) } }, async () => ({ fine: true }));
      app.get('/things/:id', async (request) => request.params);
      app.get('/breaks', async () => {
        throw new Error('the secret is hunter2');
      });
      app.get('/breaks-oddly', async () => {
        throw { password: 'hunter2' };
      });
      app.get(
        '/refuses',
        { schema: { response: { '4xx': Type.Object({ only: Type.Optional(Type.String()) }) } } },
        async () => {
          throw new Problem(409, 'username_taken', 'It is taken.', {
            headers: { 'x-hint': 'another' },
            errors: [{ pointer: '/name', detail: 'is taken' }],
            cause: new Error('hunter2'),
          });
        },
      );
      app.get(
        '/hook',
        { onRequest: async () => Promise.reject(new Problem(401, 'token_required', 'No token.')) },
        async () => 'x',
      );
    },
  ]);
}

t.test('a refusal by a plugin keeps its 4xx status, and is no fault of the server', async (t) => {
  const { app, logged } = await startedProcess(t, [
    async (app) => {
      app.get('/refuses/:status', async (request) => {
        const { status } = request.params as { status: string };
        throw Object.assign(new Error('a text of the plugin'), { statusCode: Number(status) });
      });
    },
  ]);
  for (const status of [400, 401, 403, 404, 410, 412, 416, 418, 499]) {
    const response = await app.inject(`/refuses/${status}`);
    t.equal(response.statusCode, status);
    t.match(response.json(), { status, code: /^[a-z_]+$/ });
    t.notMatch(response.body, 'a text of the plugin');
  }
  t.equal((await app.inject('/refuses/502')).statusCode, 500);
  t.equal(logged().length, 1, 'only the 500 is logged');
});

t.test('a problem is answered unchanged, regardless of the response schema of the route', async (t) => {
  const { app } = await started(t);
  const response = await app.inject('/refuses?with=query');
  t.equal(response.statusCode, 409);
  t.match(response.headers, { ...SECURITY_HEADERS, 'x-hint': 'another', 'cache-control': 'no-store' });
  t.match(response.headers['content-type'], /^application\/problem\+json/);
  t.same(response.json(), {
    type: 'about:blank',
    title: 'Conflict',
    status: 409,
    code: 'username_taken',
    detail: 'It is taken.',
    instance: '/refuses',
    request_id: response.headers['x-request-id'],
    errors: [{ pointer: '/name', detail: 'is taken' }],
  });
});

t.test('a problem from a hook is answered like a problem from a handler', async (t) => {
  const { app } = await started(t);
  const response = await app.inject('/hook');
  t.match(response.json(), { status: 401, code: 'token_required', instance: '/hook' });
});

t.test('an unforeseen error is a constant 500; its message and stack are in the log only', async (t) => {
  const { app, rawLog, logged } = await started(t);
  const response = await app.inject('/breaks');
  t.same(response.json(), {
    type: 'about:blank',
    title: 'Internal Server Error',
    status: 500,
    code: 'internal_error',
    detail: 'Something went wrong on our side. It was logged under request_id.',
    instance: '/breaks',
    request_id: response.headers['x-request-id'],
  });
  t.match(logged(), [
    {
      level: 'error',
      request_id: response.json().request_id,
      err: { message: /hunter2/, stack: /errors\.test/ },
    },
  ]);
  const odd = await app.inject('/breaks-oddly');
  t.match(odd.json(), { status: 500, code: 'internal_error' });
  t.notMatch(odd.body, /hunter2/);
  t.notMatch(rawLog().split('\n')[1], /hunter2/, 'the log does not contain a thrown object');
});

t.test('errors of a client are not logged', async (t) => {
  const { app, rawLog } = await started(t);
  for (const url of ['/refuses', '/hook', '/nothing', '/things/%zz']) await app.inject(url);
  t.equal(rawLog(), '');
});

t.test('a path that cannot be decoded is 400 with the headers of every answer', async (t) => {
  const { app } = await started(t);
  for (const url of ['/things/%zz', '/%', '/things/%c3%28', '/things/%ff']) {
    const response = await app.inject({ url, headers: { 'x-request-id': 'abc' } });
    t.match(response.json(), { status: 400, code: 'invalid_request', instance: url, request_id: 'abc' }, url);
    t.match(
      response.headers,
      { ...SECURITY_HEADERS, 'x-request-id': 'abc', 'cache-control': 'no-store' },
      url,
    );
  }
});

t.test('invalid bytes are answered with a problem too', async (t) => {
  const { app } = await started(t);
  const port = await listening(app);
  const cases: [name: string, status: number, bytes: string][] = [
    ['a bad request line', 400, 'HELLO\r\n\r\n'],
    ['an unknown method', 400, 'FOO / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['an unknown version', 400, 'GET / HTTP/9.9\r\nHost: a\r\n\r\n'],
    ['TLS', 400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['a header line without a colon', 400, 'GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n'],
    ['a bare CR in a header', 400, 'GET / HTTP/1.1\r\nHost: a\r\nx: a\rb\r\n\r\n'],
    ['a header section of 20 KiB', 431, `GET / HTTP/1.1\r\nHost: a\r\nx: ${'y'.repeat(20_480)}\r\n\r\n`],
    ['a path of 20 KiB', 431, `GET /${'y'.repeat(20_480)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['no number as Content-Length', 400, 'POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: abc\r\n\r\n'],
    [
      'two lengths',
      400,
      'POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
    ],
    [
      'both lengths',
      400,
      'POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}',
    ],
    [
      'a bad chunk',
      400,
      'POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    ],
  ];
  for (const [name, status, bytes] of cases) {
    const [head = '', body = ''] = (await exchange(port, bytes)).split('\r\n\r\n');
    t.match(head, new RegExp(`^HTTP/1.1 ${status} `), name);
    t.match(head, /content-type: application\/problem\+json/i);
    t.match(head, new RegExp(`content-length: ${Buffer.byteLength(body)}`, 'i'));
    const problem = JSON.parse(body);
    t.match(problem, { type: 'about:blank', status, code: String, detail: String });
    t.match(head, new RegExp(`x-request-id: ${problem.request_id}`, 'i'));
  }
});

t.test('HTTP/1.1 without Host is 400 with a body, and HTTP/1.0 without Host is answered', async (t) => {
  const { app } = await started(t);
  const port = await listening(app);
  const [head = '', body = ''] = (
    await exchange(port, 'GET /things HTTP/1.1\r\nConnection: close\r\n\r\n')
  ).split('\r\n\r\n');
  t.match(head, /^HTTP\/1.1 400 /);
  t.match(JSON.parse(body), { status: 400, code: 'invalid_request', detail: /Host/ });
  t.match(await exchange(port, 'GET /things HTTP/1.0\r\n\r\n'), /^HTTP\/1.1 200 /);
});

t.test('a body whose announced length is too large is 413 before it is read', async (t) => {
  const { app } = await started(t);
  const port = await listening(app);
  const head =
    'POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n';
  t.match(await exchange(port, head), /^HTTP\/1.1 413 .*"code":"body_too_large"/s);
});

t.test('a request that does not end in time is 408', async (t) => {
  const { app } = await started(t);
  t.match(app.server, { requestTimeout: 15_000, headersTimeout: 15_000 }, 'Node swaps them if they differ');
  app.server.requestTimeout = 50;
  app.server.headersTimeout = 50;
  const port = await listening(app);
  const head = 'POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
  const unfinished = [
    `${head}Content-Length: 2\r\n\r\n{`,
    `${head}Transfer-Encoding: chunked\r\n\r\n1\r\n{`,
    head,
  ];
  const answers = await Promise.all(unfinished.map((bytes) => exchange(port, bytes)));
  for (const answer of answers) t.match(answer, /^HTTP\/1.1 408 .*"code":"request_timeout"[^{]*$/s);
});

t.test('a client that disconnects while it sends is no fault of the server', async (t) => {
  const { app, rawLog } = await started(t);
  const port = await listening(app);
  const aborted = new Promise(
    (resolve) =>
      app.addHook === undefined || app.server.on('request', (request) => request.on('close', resolve)),
  );
  const socket = net.connect(port, '127.0.0.1', () => {
    socket.write(
      'POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{',
      () => socket.destroy(),
    );
  });
  await aborted;
  await app.inject('/things');
  t.notMatch(rawLog(), /unavailable|internal_error/);
});

t.test('Node’s parser errors become 408, 413 and 431; a reset connection gets no answer', async (t) => {
  const answered = async (code: string) => {
    const server = net.createServer((socket) =>
      handleClientError(Object.assign(new Error('x'), { code }), socket),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => server.close());
    return exchange((server.address() as net.AddressInfo).port, '').catch(() => '');
  };
  t.match(await answered('ERR_HTTP_REQUEST_TIMEOUT'), /^HTTP\/1.1 408 .*"code":"request_timeout"/s);
  t.match(await answered('HPE_CHUNK_EXTENSIONS_OVERFLOW'), /^HTTP\/1.1 413 /);
  t.match(await answered('HPE_HEADER_OVERFLOW'), /^HTTP\/1.1 431 /);
  t.match(await answered('HPE_INVALID_METHOD'), /^HTTP\/1.1 400 /);
  t.equal(await answered('ECONNRESET'), '');
});
