import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { waitFor } from '@pair/test-kit';
import t from 'tap';
import { Problem } from '../src/index.ts';
import { exchange, listening, startedProcess } from './support/process.ts';

const things = async (app: import('fastify').FastifyInstance) => {
  app.get('/things', async (request) => ({
    id: request.id,
    ip: request.ip,
    host: request.host,
    scheme: request.protocol,
  }));
};

const COMMON_HEADERS =
  'x-request-id,content-security-policy,cross-origin-opener-policy,referrer-policy,x-content-type-options,x-frame-options';

/** The names of the header lines of an answer, as the server writes them. */
async function headerNames(port: number, path: string): Promise<string> {
  const answer = await exchange(port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  const [, ...lines] = answer.slice(0, answer.indexOf('\r\n\r\n')).split('\r\n');
  return lines.map((line) => line.slice(0, line.indexOf(':'))).join(',');
}

t.test('the process adopts the request id of the gateway, and returns it', async (t) => {
  const { app } = await startedProcess(t, [things]);
  for (const id of ['7f3a-B_9', 'x', 'a'.repeat(64)]) {
    const response = await app.inject({ url: '/things', headers: { 'x-request-id': id } });
    t.equal(response.headers['x-request-id'], id);
    t.equal(response.json().id, id);
  }
});

t.test('a UUID replaces an invalid request id', async (t) => {
  const { app } = await startedProcess(t, [things]);
  for (const id of ['', 'a'.repeat(65), 'a b', 'a"b', '{"a":1}', '../x', 'é', 'a,b']) {
    const response = await app.inject({ url: '/things', headers: { 'x-request-id': id } });
    t.match(
      response.headers['x-request-id'],
      /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
      JSON.stringify(id),
    );
  }
  const two = await Promise.all([app.inject('/things'), app.inject('/things')]);
  t.not(two[0].headers['x-request-id'], two[1].headers['x-request-id']);
});

t.test('every answer has the security headers', async (t) => {
  const { app } = await startedProcess(t, [things]);
  for (const url of ['/things', '/nothing', '/livez', '/readyz', '/%zz']) {
    t.match((await app.inject(url)).headers, {
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cross-origin-opener-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
  }
});

t.test('the headers of an answer are in lower case, and the common ones come first', async (t) => {
  const { app } = await startedProcess(t, [things]);
  const port = await listening(app);
  const rest = {
    '/things': 'content-type,content-length',
    '/nothing': 'content-type,cache-control,content-length',
  };
  for (const [path, names] of Object.entries(rest))
    t.equal(await headerNames(port, path), `${COMMON_HEADERS},${names},Date,Connection`, path);
});

t.test('an answer with a header that cannot be sent still has the common headers', async (t) => {
  const { app } = await startedProcess(t, [
    async (app) => {
      app.get('/header', async (_request, reply) => reply.header('etag', '"a\nb"').send());
      app.get('/problem', async () => {
        throw new Problem(404, 'not_found', 'nothing', { headers: { allow: 'a\nb' } });
      });
    },
  ]);
  const port = await listening(app);
  for (const path of ['/header', '/problem'])
    t.equal(await headerNames(port, path), `${COMMON_HEADERS},Date,Connection,Transfer-Encoding`, path);
});

t.test('CORS allows no origin by default', async (t) => {
  const { app } = await startedProcess(t, [things]);
  const headers = { origin: 'https://app.example', 'access-control-request-method': 'GET' };
  for (const method of ['GET', 'OPTIONS'] as const) {
    const response = await app.inject({ method, url: '/things', headers });
    t.notOk(
      Object.keys(response.headers).some((name) => name.startsWith('access-control-')),
      method,
    );
  }
});

t.test('CORS allows the configured origins only, without credentials', async (t) => {
  const CORS_ORIGINS = ['https://app.example', 'http://localhost:5173'];
  const { app } = await startedProcess(t, [things], { CORS_ORIGINS });
  for (const origin of CORS_ORIGINS) {
    const headers = {
      origin,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'if-match',
    };
    const preflight = await app.inject({ method: 'OPTIONS', url: '/things', headers });
    t.equal(preflight.statusCode, 204);
    t.match(preflight.headers, {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': /PATCH/,
      'access-control-allow-headers': /authorization.*if-match/,
      'access-control-max-age': '600',
    });
    const { headers: answered } = await app.inject({ url: '/things', headers: { origin } });
    t.match(answered, {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': /content-disposition.*etag/,
      vary: /Origin/,
    });
    t.notOk('access-control-allow-credentials' in answered);
    const failed = await app.inject({ url: '/nothing', headers: { origin } });
    t.equal(failed.headers['access-control-allow-origin'], origin, 'a page can read the problem too');
  }
  for (const origin of [
    'https://app.example.evil',
    'https://evil',
    'null',
    'http://app.example',
    'https://app.example:8443',
  ]) {
    const { headers } = await app.inject({ url: '/things', headers: { origin } });
    t.notOk('access-control-allow-origin' in headers, origin);
  }
});

t.test('X-Forwarded-* headers count only if a trusted proxy sends them', async (t) => {
  const headers = {
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
  };
  const plain = await startedProcess(t, [things]);
  t.match((await plain.app.inject({ url: '/things', headers })).json(), { ip: '127.0.0.1', scheme: 'http' });
  const behind = await startedProcess(t, [things], { TRUSTED_PROXIES: ['loopback'] });
  t.match((await behind.app.inject({ url: '/things', headers })).json(), {
    ip: '203.0.113.9',
    scheme: 'https',
  });
  const elsewhere = await startedProcess(t, [things], { TRUSTED_PROXIES: ['10.0.0.0/8'] });
  t.match((await elsewhere.app.inject({ url: '/things', headers })).json(), {
    ip: '127.0.0.1',
    scheme: 'http',
  });
});

t.test('two services in one process keep their own decorators, parsers and routes', async (t) => {
  const service = (name: string, type: string) => async (app: import('fastify').FastifyInstance) => {
    app.decorate('store', name);
    app.addContentTypeParser(type, (_request, _payload, done) => done(null, name));
    app.post(`/${name}`, async (request) => ({ body: request.body }));
  };
  const { app } = await startedProcess(t, [service('a', 'text/a'), service('b', 'text/b')]);
  const post = (url: string, type: string) =>
    app.inject({ method: 'POST', url, headers: { 'content-type': type }, payload: 'x' });
  t.same((await post('/a', 'text/a')).json(), { body: 'a' });
  t.equal((await post('/a', 'text/b')).statusCode, 415);
});

t.test('a second error handler in one scope is refused and cannot replace ours', async (t) => {
  const service = async (app: import('fastify').FastifyInstance) => {
    app.setErrorHandler(() => {});
    app.setErrorHandler(() => {});
  };
  await t.rejects(startedProcess(t, [service]), { code: 'FST_ERR_ERROR_HANDLER_ALREADY_SET' });
});

t.test(
  'a closing process first reports that it is not ready, then answers the request in flight, then ends',
  async (t) => {
    let release = () => {};
    let entered = () => {};
    const inFlight = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const { app } = await startedProcess(t, [
      async (app) => {
        app.get('/slow', async () => {
          entered();
          await new Promise<void>((resolve) => {
            release = resolve;
          });
          return 'done';
        });
        app.get('/quick', async () => 'quick');
      },
    ]);
    const port = await listening(app);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    t.teardown(() => agent.destroy());
    const get = (path: string, viaAgent?: http.Agent) =>
      new Promise<{ status: number | undefined; body: string; connection: string | undefined }>(
        (resolve, reject) => {
          const request = http.get(
            { port, host: '127.0.0.1', path, agent: viaAgent ?? false },
            (response) => {
              let body = '';
              response.on('data', (chunk) => {
                body += chunk;
              });
              response.on('end', () =>
                resolve({ status: response.statusCode, body, connection: response.headers.connection }),
              );
            },
          );
          request.on('error', reject);
        },
      );

    t.match(await get('/readyz'), { status: 200 });
    const slow = get('/slow', agent);
    await inFlight;
    app.drain();
    t.match(await get('/readyz'), { status: 503, body: /shutting down/ }, 'still reachable, but not ready');
    t.match(await get('/livez'), { status: 200 }, 'and alive');
    let closed = false;
    const closing = app.close().then(() => {
      closed = true;
    });
    while (app.server.listening) await new Promise((resolve) => setImmediate(resolve));
    await t.rejects(get('/quick'), { code: 'ECONNREFUSED' }, 'a new connection is refused');
    t.equal(closed, false, 'the process waits for the request in flight');
    release();
    t.match(
      await slow,
      { status: 200, body: 'done', connection: 'close' },
      'its connection is not kept alive',
    );
    await closing;
  },
);

t.test(
  'an answer that began before the process closes is complete, and the last on its connection',
  async (t) => {
    const body = new PassThrough();
    const { app } = await startedProcess(t, [
      async (app) => void app.get('/long', (_request, reply) => reply.send(body)),
    ]);
    const port = await listening(app);
    const agent = new http.Agent({ keepAlive: true });
    t.teardown(() => agent.destroy());
    body.write('begun');
    const [response] = await once(http.get({ port, host: '127.0.0.1', path: '/long', agent }), 'response');
    let closed = false;
    app.close().then(() => {
      closed = true;
    });
    while (app.server.listening) await new Promise((resolve) => setImmediate(resolve));
    body.end(', done');
    t.equal(await text(response), 'begun, done');
    await waitFor(() => closed); // at once, not after a minute of keep-alive
  },
);

t.test(
  'the log has a line for an answer that breaks off, but not for a client that disconnects',
  async (t) => {
    const bodies: PassThrough[] = [];
    const { app, logged } = await startedProcess(t, [
      async (app) => {
        app.get('/long', (_request, reply) => {
          const body = new PassThrough();
          bodies.push(body);
          body.write('begun');
          return reply.send(body);
        });
      },
    ]);
    const port = await listening(app);
    const begun = async () => {
      const [response] = await once(http.get({ port, host: '127.0.0.1', path: '/long' }), 'response');
      return response as http.IncomingMessage;
    };
    (await begun()).on('error', () => {}).destroy();
    await waitFor(() => bodies[0]?.destroyed === true);
    t.same(
      logged().filter(({ level }) => level !== 'info'),
      [],
    );

    const response = await begun();
    bodies[1]?.destroy(new Error('the source ran dry'));
    await t.rejects(text(response), { code: 'ECONNRESET' });
    t.match(logged().at(-1), {
      level: 'warn',
      msg: 'the answer broke off',
      request_id: String,
      err: { message: 'the source ran dry' },
    });
  },
);

t.test('a request that is still arriving when the process closes is answered, not refused', async (t) => {
  const { app } = await startedProcess(t, [async (app) => void app.get('/things', async () => 'answered')]);
  const port = await listening(app);
  const connected = new Promise((resolve) => app.server.once('connection', resolve));
  const socket = net.connect(port, '127.0.0.1', () => socket.write('GET /things HTTP/1.1\r\nHo'));
  const received = connected.then(
    (serverSide) => new Promise((resolve) => (serverSide as net.Socket).once('data', resolve)),
  );
  const answer = new Promise<string>((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    socket.on('close', () => resolve(text)).on('error', reject);
  });
  await received;
  const closed = app.close();
  while (app.server.listening) await new Promise((resolve) => setImmediate(resolve));
  socket.write('st: a\r\n\r\n');
  t.match(await answer, /^HTTP\/1.1 200 OK.*connection: close.*answered/is);
  await closed;
});
