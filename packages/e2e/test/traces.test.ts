import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import {
  freePort,
  isWithin,
  mintClaims,
  mintKey,
  type StartedProcess,
  startProcess,
  type Teardown,
  waitFor,
} from '@pair/test-kit';
import t from 'tap';
import { type Span, startBrokenCollector, startCollector } from './support/collector.ts';
import { ADMIN, addClient, beginSession, startSystem } from './support/system.ts';

const SOON = { OTEL_BSP_SCHEDULE_DELAY: '50' };
const collector = await startCollector(t);
const system = await startSystem(t, {
  env: { ...SOON, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
});
const { access_token: token, refresh_token: refreshToken } = await beginSession(system.url);
const authorization = `Bearer ${token}`;

/** A caller that traces its requests: they carry its ids in `traceparent` (W3C Trace Context). */
function newCaller() {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  const tracing = { traceparent: `00-${traceId}-${spanId}-01`, tracestate: 'vendor=state-of-a-caller' };
  const json = { 'content-type': 'application/json' };
  return {
    traceId,
    spanId,
    tracing,
    get: (path: string, headers: Record<string, string> = {}) =>
      fetch(`${system.url}${path}`, { headers: { ...tracing, ...headers } }),
    post: (path: string, body: object | string, headers: Record<string, string> = {}) =>
      fetch(`${system.url}${path}`, {
        method: 'POST',
        headers: { ...tracing, ...(typeof body === 'string' ? {} : json), ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    /** Waits for the spans of that many requests, and returns all spans of this trace. */
    async spans(requests = 1): Promise<Span[]> {
      const spans = () => collector.spans().filter((span) => span.traceId === traceId);
      await waitFor(() => spans().filter(({ kind }) => kind === 'server').length === requests);
      return spans();
    },
  };
}

const serverSpan = (spans: Span[]) => spans.find(({ kind }) => kind === 'server');

/** The spans of a trace as a tree of names, without the name of the test's database: `service: name` → its children. */
function treeOf(spans: Span[], parentSpanId: string): object {
  return Object.fromEntries(
    spans
      .filter((span) => span.parentSpanId === parentSpanId)
      .map((span) => [`${span.service}: ${span.name.replace(/ test_\w+$/, '')}`, treeOf(spans, span.spanId)]),
  );
}

t.test('the trace of a caller goes on through nginx into the service and its stores', async (t) => {
  const caller = newCaller();
  const created = await caller.post(
    '/customers',
    { name: 'Ada Byron', dob: '1815-12-10' },
    { authorization },
  );
  t.equal(created.status, 201);
  const spans = await caller.spans();
  t.same(treeOf(spans, caller.spanId), {
    'customers: POST /customers': {
      'customers: pg-pool.connect': {},
      'customers: pg.query:insert_customers': {},
    },
  });
  const server = serverSpan(spans);
  t.equal(server?.traceState, '');
  t.same(server?.attributes, {
    'http.request.method': 'POST',
    'http.route': '/customers',
    'http.response.status_code': 201,
  });
  const statement = spans.find(({ name }) => name.startsWith('pg.query'));
  t.match(statement?.attributes, {
    'db.system.name': 'postgresql',
    'db.query.text': /unnest\(\$2::text\[\]\)/,
  });
});

t.test('a request that waits for Redis has its commands, with nothing but their names', async (t) => {
  const caller = newCaller();
  t.equal((await caller.post('/auth/login', ADMIN)).status, 200);
  const spans = await caller.spans();
  const commands = spans.filter(({ attributes }) => attributes['db.system.name'] === 'redis');
  t.not(commands.length, 0);
  const server = serverSpan(spans);
  for (const { parentSpanId, attributes } of commands) {
    t.equal(parentSpanId, server?.spanId);
    t.match(attributes, { 'db.query.text': 'evalsha', 'db.operation.name': 'evalsha' });
  }
});

t.test('a request that makes customers fetch keys from auth is one trace', async (t) => {
  const caller = newCaller();
  const foreign = await (await mintKey()).sign(mintClaims({ iss: system.url, aud: system.url }));
  t.equal((await caller.get('/customers', { authorization: `Bearer ${foreign}` })).status, 401);
  t.same(treeOf(await caller.spans(2), caller.spanId), {
    'customers: GET /customers': { 'customers: GET': { 'auth: GET /.well-known/jwks.json': {} } },
  });
});

t.test('a line about a request has the ids of its span', async (t) => {
  const caller = newCaller();
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = 'grant_type=client_credentials&client_id=unknown&client_secret=unknown';
  t.equal((await caller.post('/oauth/token', body, form)).status, 401);
  const server = serverSpan(await caller.spans());
  const lines = (system.auth[0]?.output() ?? '')
    .split('\n')
    .filter((line) => line.includes('client refused'));
  t.match(JSON.parse(lines[0] ?? ''), { trace_id: caller.traceId, span_id: server?.spanId });
});

t.test('a refusal is no error of the server, and a path without a route is not in the name', async (t) => {
  const caller = newCaller();
  t.equal((await caller.get('/customers/nonsense', { authorization })).status, 400);
  t.equal((await caller.get('/auth/nowhere')).status, 404);
  const spans = await caller.spans(2);
  t.same(Object.fromEntries(spans.map(({ name, isError }) => [name, isError])), {
    GET: false,
    'GET /customers/:id': false,
  });
});

t.test('no value of a request reaches the collector', async (t) => {
  const caller = newCaller();
  const secret = await addClient(
    t,
    system,
    'traced',
    '--grant',
    'client_credentials',
    '--scope',
    'customers:read',
  );
  const statuses: number[] = [];
  const values: string[] = [];
  const send = async (expected: number, values_: string[], request: Promise<Response>) => {
    const response = await request;
    statuses.push(response.status);
    values.push(...values_);
    t.equal(response.status, expected, response.url);
    return response;
  };
  const bearer = { authorization };
  const login = { username: 'mallory-the-unknown', password: 'a password that is wrong' };
  await send(401, Object.values(login), caller.post('/auth/login', login));
  await send(200, [refreshToken], caller.post('/auth/refresh', { refresh_token: refreshToken }));
  const user = { username: 'grace-of-the-test', password: 'a password for grace', scope: 'customers:read' };
  await send(201, [user.username, user.password], caller.post('/auth/users', user, bearer));
  await send(409, [], caller.post('/auth/users', user, bearer));
  const csv = { ...bearer, 'content-type': 'text/csv' };
  const file = 'name,dob\nImported Person,1912-06-23\nBroken Person,1912-06-31\n';
  const accepted = 'name,dob\nAccepted Person,1912-06-24\n';
  await send(200, ['Accepted', '1912-06-24'], caller.post('/customers/import', accepted, csv));
  await send(422, ['Imported', '1912-06-23', 'Broken'], caller.post('/customers/import', file, csv));
  const filter = '/customers?name=Searched%20Person&dob_from=1913-07-24';
  await send(200, ['Searched', '1913-07-24'], caller.get(filter, bearer));
  await send(400, ['4914-08-25'], caller.get('/customers?dob_from=4914-08-25x', bearer));
  const code = 'grant_type=authorization_code&code=a-code-of-somewhere&code_verifier=verifier-of-somewhere';
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  await send(400, ['a-code-of', 'verifier-of'], caller.post('/oauth/token', code, form));
  const authorize = '/oauth/authorize?response_type=code&client_id=traced&state=state-of-a-client';
  await send(400, ['state-of-a-client'], caller.get(authorize));
  const basic = { ...form, authorization: `Basic ${btoa(`traced:${secret}`)}` };
  await send(
    200,
    [secret, basic.authorization.slice(6)],
    caller.post('/oauth/token', 'grant_type=client_credentials', basic),
  );
  await send(404, ['path-of-a-client'], caller.get('/auth/path-of-a-client'));

  await caller.spans(statuses.length);
  for (const value of [
    ...values,
    token,
    ADMIN.password,
    'Ada Byron',
    '1815-12-10',
    'user-agent',
    'state-of-a-caller',
  ]) {
    t.notOk(
      collector.received.some(({ body }) => body.includes(value)),
      value,
    );
  }
});

/** As docker-compose.yml sets them by default: an empty variable counts as not set. */
const EMPTY = {
  OTEL_EXPORTER_OTLP_HEADERS: '',
  OTEL_EXPORTER_OTLP_PROTOCOL: '',
  OTEL_RESOURCE_ATTRIBUTES: '',
  OTEL_TRACES_SAMPLER: '',
  OTEL_TRACES_SAMPLER_ARG: '',
};

/** Starts auth once more, with other settings of OpenTelemetry. */
async function startAuth(
  t: Teardown,
  env: Record<string, string>,
): Promise<StartedProcess & { url: string }> {
  const port = await freePort();
  const started = await startProcess(t, {
    entry: 'services/auth/dist/server.js',
    env: {
      ...system.authEnv,
      ...EMPTY,
      NODE_OPTIONS: `--require ${join(ROOT, 'packages/e2e/test/fixtures/report-opentelemetry.cjs')}`,
      PORT: String(port),
      ...env,
    },
  });
  const url = `http://127.0.0.1:${port}`;
  await waitFor(async () => (await fetch(`${url}/readyz`)).status === 200, 20_000);
  return { ...started, url };
}

const keys = (url: string) => fetch(`${url}/.well-known/jwks.json`).then(({ status }) => status);

t.test('without an endpoint no module of OpenTelemetry is loaded', async (t) => {
  const auth = await startAuth(t, { OTEL_EXPORTER_OTLP_ENDPOINT: '' });
  t.equal(await keys(auth.url), 200);
  t.equal(await auth.stop(), 0);
  t.match(auth.output(), 'modules of OpenTelemetry: 0\n');
  t.notMatch(auth.output(), 'trace_id');
});

const BROKEN = {
  'never answers': undefined,
  'answers nonsense': 'nonsense\r\n\r\n',
};
for (const [fault, answer] of Object.entries(BROKEN)) {
  t.test(`a collector that ${fault} costs no request anything, and one line in the log`, async (t) => {
    const auth = await startAuth(t, {
      OTEL_EXPORTER_OTLP_ENDPOINT: await startBrokenCollector(t, answer),
      OTEL_EXPORTER_OTLP_TIMEOUT: '300',
    });
    const started = performance.now();
    for (let i = 0; i < 20; i++) t.equal(await keys(auth.url), 200);
    t.ok(isWithin(performance.now() - started, 2_000));
    await waitFor(() => auth.output().includes('traces cannot be sent'));
    for (let i = 0; i < 20; i++) t.equal(await keys(auth.url), 200);
    const stopping = performance.now();
    t.equal(await auth.stop(), 0);
    t.ok(isWithin(performance.now() - stopping, 5_000));
    const lines = auth.output().trimEnd().split('\n');
    t.match(lines.pop(), /^modules of OpenTelemetry: [1-9]/);
    const messages = lines.map((line) => JSON.parse(line).msg);
    t.equal(messages.filter((message) => message === 'traces cannot be sent').length, 1);
    t.notMatch(auth.output(), /unhandled|OpenTelemetry: [^0-9]/i);
  });
}

t.test('a client decides nothing about the sampling, and another service does', async (t) => {
  const auth = await startAuth(t, {
    ...SOON,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0',
  });
  const client = newCaller();
  const service = newCaller();
  const ask = (headers: Record<string, string>) => fetch(`${auth.url}/.well-known/jwks.json`, { headers });
  t.equal((await ask({ ...client.tracing, 'x-forwarded-for': '203.0.113.7' })).status, 200);
  t.equal((await ask(service.tracing)).status, 200);
  t.equal((await service.spans()).length, 1);
  t.equal(await auth.stop(), 0, 'the last spans are sent at the end');
  t.same(await client.spans(0), []);
});

t.test('the protocol is Protobuf by default', async (t) => {
  const auth = await startAuth(t, { ...SOON, OTEL_SERVICE_NAME: 'auth-by-protobuf' });
  t.equal(await keys(auth.url), 200);
  t.equal(await auth.stop(), 0);
  const sent = collector.received.filter(({ type }) => type === 'application/x-protobuf');
  t.ok(sent.some(({ body }) => body.includes('auth-by-protobuf')));
  t.ok(sent.some(({ body }) => body.includes('GET /.well-known/jwks.json')));
  t.ok(sent.every(({ path }) => path === '/v1/traces'));
});
