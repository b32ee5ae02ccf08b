import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { PassThrough } from 'node:stream';
import { mock } from 'node:test';
import { sendBlindly, waitFor } from '@pair/test-kit';
import t, { type Test } from 'tap';
import { Problem } from '../../src/index.ts';
import { exchange, listening, startedProcess } from '../support/process.ts';

t.setTimeout(120_000);

const KIB = 1024;
const MIB = 1024 * KIB;
const NO_TOKEN = new Problem(401, 'token_required', 'A token is needed.');
const JSON_TYPE = 'Content-Type: application/json';

async function started(t: Test) {
  const done: unknown[] = [];
  const streams: PassThrough[] = [];
  let release = () => {};
  const { app, logged } = await startedProcess(t, [
    async (app) => {
      app.addContentTypeParser('text/csv', (_request, body, parsed) => parsed(null, body));
      app.post('/things', { schema: { body: {} } }, async ({ body }) => done.push(body));
      app.post('/at-once', { onRequest: (_request, _reply, next) => next(NO_TOKEN) }, async () => 'never');
      app.post('/later', { onRequest: () => Promise.reject(NO_TOKEN) }, async () => 'never');
      app.post('/files', async () => {
        throw new Problem(413, 'body_too_large', 'The file is too large.');
      });
      app.get('/slow', async () => {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return 'slow';
      });
      app.post('/stream', (_request, reply) => {
        const stream = new PassThrough();
        streams.push(stream);
        stream.write('begun');
        return reply.send(stream);
      });
    },
  ]);
  const port = await listening(app);
  return { app, port, logged, done, streams, release: () => release() };
}

function head(target: string, ...lines: string[]): string {
  return `${target} HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
}

/** Requests that are refused before the server has read their body. */
function early(size: number): [name: string, status: number, head: string, body: Buffer][] {
  const body = Buffer.alloc(size, 'x');
  const chunks = Buffer.concat([Buffer.from(`${size.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]);
  const length = `Content-Length: ${size}`;
  const chunked = 'Transfer-Encoding: chunked';
  const post = (path: string, ...lines: string[]) => head(`POST ${path}`, ...lines);
  return [
    ['a body that is too long', 413, post('/things', JSON_TYPE, length), body],
    ['a body that gets too long', 413, post('/things', JSON_TYPE, chunked), chunks],
    [
      'a body that gets too long in HTTP/1.0',
      413,
      `POST /things HTTP/1.0\r\n${JSON_TYPE}\r\n${length}\r\n\r\n`,
      body,
    ],
    ['a file that is too long', 413, post('/files', 'Content-Type: text/csv', length), body],
    ['no token', 401, post('/at-once', JSON_TYPE, length), body],
    ['no token, refused later', 401, post('/later', JSON_TYPE, length), body],
    ['no token, on the last request', 401, post('/at-once', JSON_TYPE, length, 'Connection: close'), body],
    ['no token, with chunks', 401, post('/at-once', chunked), chunks],
    ['no such path', 404, post('/nothing', length), body],
    ['no such method', 405, head('PUT /things', length), body],
    ['no such media type', 415, post('/things', 'Content-Type: a/b', length), body],
    ['no such content coding', 415, post('/things', JSON_TYPE, 'Content-Encoding: gzip', length), body],
    ['no such expectation', 417, post('/things', JSON_TYPE, 'Expect: 200-ok', length), body],
    [
      'a body that does not wait for 100',
      413,
      post('/things', JSON_TYPE, 'Expect: 100-continue', length),
      body,
    ],
    ['no such transfer coding', 400, post('/things', 'Transfer-Encoding: gzip, chunked'), chunks],
    ['no Host', 400, `POST /things HTTP/1.1\r\n${length}\r\n\r\n`, body],
    ['a path that cannot be decoded', 400, post('/%zz', length), body],
    ['a query that cannot be decoded', 400, post('/things?x=%zz', length), body],
    ['a header that is too large', 431, post('/things', `X: ${'y'.repeat(20 * KIB)}`, length), body],
    ['no request line', 400, 'HELLO\r\n\r\n', body],
    ['no number as a length', 400, post('/things', 'Content-Length: abc'), body],
    [
      'no number as the size of a chunk',
      400,
      post('/things', JSON_TYPE, chunked),
      Buffer.concat([Buffer.from('zz\r\n'), body]),
    ],
    ['more than was announced', 400, post('/things', JSON_TYPE, 'Content-Length: 1'), body],
  ];
}

t.test(
  'a client that sends all of a refused request before it reads gets the answer, 20 times of 20',
  async (t) => {
    const { port } = await started(t);
    for (const size of [17 * KIB, 2 * MIB]) {
      for (const [name, status, head, body] of early(size)) {
        const answers = await Promise.all(Array.from({ length: 20 }, () => sendBlindly(port, head, body)));
        const whole = answers.filter(
          (answer) => answer.startsWith(`HTTP/1.1 ${status} `) && answer.endsWith('}'),
        );
        t.equal(whole.length, 20, `${name}, ${size} bytes`);
      }
    }
  },
);

t.test('so does a client with a body of 20 or 100 MiB', async (t) => {
  const { port } = await started(t);
  for (const [name, status, head, body] of early(20 * MIB)) {
    t.match(await sendBlindly(port, head, body), new RegExp(`^HTTP/1.1 ${status} .*}$`, 's'), name);
  }
  for (const [name, status, head, body] of early(100 * MIB).slice(0, 1)) {
    t.match(await sendBlindly(port, head, body), new RegExp(`^HTTP/1.1 ${status} .*}$`, 's'), name);
  }
});

t.test('a Node client gets the answer too, with and without keep-alive', async (t) => {
  const { port } = await started(t);
  for (const keepAlive of [true, false]) {
    const agent = new http.Agent({ keepAlive });
    t.teardown(() => agent.destroy());
    for (const [path, status] of [
      ['/things', 413],
      ['/later', 401],
      ['/%zz', 400],
    ] as const) {
      for (let i = 0; i < 20; i++) {
        const request = http.request({ port, host: '127.0.0.1', method: 'POST', path, agent });
        request.setHeader('content-type', 'application/json');
        request.end(Buffer.alloc(2 * MIB, 'x'));
        const [response] = await once(request, 'response');
        let body = '';
        for await (const chunk of response) body += chunk;
        if (response.statusCode !== status || !body.endsWith('}')) t.fail(`${path} ${i}`);
      }
      t.pass(`${path} ${keepAlive}`);
    }
  }
});

t.test('an answer arrives while the process closes', async (t) => {
  const { app, port, release } = await started(t);
  const slow = exchange(port, head('GET /slow'));
  await once(app.server, 'request');
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }).pause();
  await once(app.server, 'connection');
  const closed = app.close();
  while (app.server.listening) await new Promise((resolve) => setImmediate(resolve));
  socket.write(head('POST /at-once', `Content-Length: ${20 * MIB}`));
  await new Promise((resolve) => socket.write(Buffer.alloc(20 * MIB), resolve));
  let answer = '';
  for await (const chunk of socket.setEncoding('latin1')) answer += chunk;
  socket.end();
  t.match(answer, /^HTTP\/1.1 401 .*}$/s);
  release();
  t.match(await slow, /slow$/);
  await closed;
});

t.test(
  'a client that waits for 100 Continue gets it when the handler reads the body, and otherwise the refusal at once',
  async (t) => {
    const { port, done } = await started(t);
    const waiting = (path: string, length: number) =>
      head(`POST ${path}`, JSON_TYPE, 'Expect: 100-continue', `Content-Length: ${length}`);
    for (const [path, length, status] of [
      ['/things', 99_999, 413],
      ['/at-once', 2, 401],
      ['/later', 2, 401],
      ['/%zz', 2, 400],
    ] as const) {
      // the connection ends, although the client sends nothing more
      const answer = await exchange(port, waiting(path, length));
      t.match(answer, new RegExp(`^HTTP/1.1 ${status} .*connection: close.*}$`, 'is'), path);
    }
    const socket = net.connect(port, '127.0.0.1');
    t.teardown(() => socket.destroy());
    socket.write(waiting('/things', 2));
    const [interim] = await once(socket, 'data');
    t.equal(String(interim), 'HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('{}');
    const [answer] = await once(socket, 'data');
    t.match(String(answer), /^HTTP\/1.1 200 /);
    t.same(done, [{}]);
  },
);

t.test('requests after the last answer on a connection are not handled', async (t) => {
  const { port, done } = await started(t);
  const next = `${head('POST /things', JSON_TYPE, 'Content-Length: 7')}"never"`;
  const last = [
    `${head('POST /at-once', 'Content-Length: 2', 'Connection: close')}{}`,
    `${head('POST /things', JSON_TYPE, 'Content-Length: 100000')}${'x'.repeat(100_000)}`,
    'HELLO\r\n\r\n',
  ];
  for (const bytes of last) {
    const answer = await exchange(port, bytes + next.repeat(2));
    t.equal(answer.match(/HTTP\/1.1 /g)?.length, 1, bytes.slice(0, 70));
  }
  t.same(done, []);
});

t.test('a connection stays open after a refused request with a body', async (t) => {
  const { port, done } = await started(t);
  const refused = `${head('POST /at-once', 'Content-Length: 500000')}${'x'.repeat(500_000)}`;
  const next = `${head('POST /things', JSON_TYPE, 'Connection: close', 'Content-Length: 2')}{}`;
  const answer = await exchange(port, refused + refused + next);
  t.same(answer.match(/HTTP\/1.1 \d+/g), ['HTTP/1.1 401', 'HTTP/1.1 401', 'HTTP/1.1 200']);
  t.same(done, [{}]);
});

t.test('invalid bytes are answered after the requests before them, never in their place', async (t) => {
  const { app, port, streams, release } = await started(t);
  const slow = exchange(port, `${head('GET /slow')}HELLO\r\n\r\n`);
  await once(app.server, 'clientError');
  release();
  t.match(await slow, /^HTTP\/1.1 200 .*\r\n\r\nslowHTTP\/1.1 400 .*}$/s);

  const streamed = exchange(port, `${head('POST /stream', 'Content-Length: 0')}HELLO\r\n\r\n`);
  await once(app.server, 'clientError');
  await waitFor(() => streams.length === 1);
  streams[0]?.end(', over');
  t.match(await streamed, /^HTTP\/1.1 200 .*begun.*, over\r\n0\r\n\r\nHTTP\/1.1 400 .*}$/s);
});

t.test(
  'an answer that has begun breaks off when the body of its request breaks, and contains no second answer',
  async (t) => {
    const { app, port } = await started(t);
    const socket = net.connect(port, '127.0.0.1');
    let answer = '';
    socket
      .on('error', () => {})
      .on('data', (chunk) => {
        answer += chunk;
      });
    socket.write(head('POST /stream', 'Content-Type: text/csv', 'Transfer-Encoding: chunked'));
    await waitFor(() => answer.includes('begun'));
    socket.write('zz\r\n');
    await Promise.all([once(app.server, 'clientError'), once(socket, 'close')]);
    t.notMatch(answer, /HTTP\/1.1 .*HTTP\/1.1 |\r\n0\r\n\r\n$/s);
  },
);

t.test('an answered request that does not end in time gets no second answer', async (t) => {
  const { app, port } = await started(t);
  app.server.requestTimeout = 50;
  app.server.headersTimeout = 50;
  const answer = await exchange(port, head('POST /at-once', 'Content-Length: 2'));
  t.equal(answer.match(/HTTP\/1.1 /g)?.length, 1);
  t.match(answer, /^HTTP\/1.1 401 /);
});

/** Returns both ends of the connection of a client that already has its answer. */
async function answered(t: Test, path: string) {
  const { app, port } = await started(t);
  const connected = once(app.server, 'connection');
  const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  t.teardown(() => client.destroy());
  client.on('error', () => {}).write(head(`POST ${path}`, JSON_TYPE, `Content-Length: ${1024 * MIB}`));
  const [server] = await connected;
  await once(client, 'data');
  return { client, server: server as net.Socket };
}

/** After its answer `/things` closes the connection, and `/at-once` keeps it. */
for (const path of ['/things', '/at-once']) {
  t.test(`the rest of a request to ${path} is read for 30 s after the answer`, async (t) => {
    mock.timers.enable({ apis: ['setInterval'] });
    t.teardown(() => mock.timers.reset());
    const { client, server } = await answered(t, path);
    const before = server.bytesRead;
    client.write('x');
    await waitForImmediately(() => server.bytesRead === before + 1);
    mock.timers.tick(29_500);
    t.equal(server.destroyed, false);
    mock.timers.tick(500);
    t.equal(server.destroyed, true);
  });

  t.test(`the rest of a request to ${path} is read up to 256 MiB after the answer`, async (t) => {
    const { client, server } = await answered(t, path);
    const chunk = Buffer.alloc(MIB);
    const send = () => client.writable && client.write(chunk, send);
    send();
    await new Promise((resolve) => client.once('close', resolve)); // by a reset
    t.ok(server.bytesRead > 256 * MIB, 'more than 256 MiB, but not the whole GiB');
  });
}

t.test('a client that is silent after its last answer loses the connection after 5 s', async (t) => {
  const { client, server } = await answered(t, '/things');
  await once(client, 'end');
  t.equal(server.timeout, 5_000);
  server.emit('timeout');
  t.equal(server.destroyed, true);
});

t.test('a closed connection keeps no timer', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  const { client, server } = await answered(t, '/at-once');
  client.resetAndDestroy();
  await waitForImmediately(() => server.closed);
  const cleared = mock.method(globalThis, 'clearInterval');
  t.teardown(() => cleared.mock.restore());
  mock.timers.tick(500);
  t.equal(cleared.mock.callCount(), 1);
});

/** Waits without timers, because a test may have stopped them. */
async function waitForImmediately(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
