import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { mintClaims, rounds, waitFor } from '@pair/test-kit';
import t from 'tap';
import { COLUMNS } from '../../../src/transfers/columns.ts';
import { customersDatabase } from '../../support/database.ts';
import { baseUrl, customersProcess, ready } from '../../support/service.ts';
import { FIVE_MINUTES_MS, heldTimers } from '../support/held-timers.ts';

const { url: databaseUrl, client } = await customersDatabase(t);
const { app, send, token, key, log } = await customersProcess(t, { databaseUrl });
await ready(app);

/** Each test begins with three customers. */
t.beforeEach(async () => {
  await client.query('TRUNCATE customers CASCADE');
  await client.query(
    `INSERT INTO customers (id, name, dob, updated_at) VALUES
     ('0199d3a5-7d4e-7c3b-9a52-000000000001', 'Zoë "Zo" 李', '1960-05-25', '2020-01-01T00:00:00.001Z'),
     ('0199d3a5-7d4e-7c3b-9a52-000000000002', '=1+1', '0001-01-01', '2020-01-01T00:00:00.002Z'),
     ('0199d3a5-7d4e-7c3b-9a52-000000000003', 'ann, b', '2024-02-29', '2020-01-01T00:00:00.003Z')`,
  );
});

/** A line of CSV. The cells of optional members are empty. */
function line(id: string, name: string, dob: string, updated_at: string): string {
  const cells: Record<string, string> = { id, name, dob, updated_at };
  return COLUMNS.map((column) => cells[column] ?? '').join(',');
}

const exported = (query = '', accept = 'text/csv') =>
  send('GET', `/customers/export${query}`, { headers: { accept } });

t.test('CSV has a header, the quotation marks of RFC 4180, and no formulas', async (t) => {
  const response = await exported();
  t.equal(response.headers['content-type'], 'text/csv; charset=utf-8');
  t.equal(response.headers['content-disposition'], 'attachment; filename="customers.csv"');
  t.equal(response.headers['cache-control'], 'private, no-cache');
  t.equal(
    response.payload,
    [
      COLUMNS.join(','),
      line('0199d3a5-7d4e-7c3b-9a52-000000000003', '"ann, b"', '2024-02-29', '2020-01-01T00:00:00.003Z'),
      line(
        '0199d3a5-7d4e-7c3b-9a52-000000000001',
        '"Zoë ""Zo"" 李"',
        '1960-05-25',
        '2020-01-01T00:00:00.001Z',
      ),
      line('0199d3a5-7d4e-7c3b-9a52-000000000002', "'=1+1", '0001-01-01', '2020-01-01T00:00:00.002Z'),
      '',
    ].join('\r\n'),
  );
});

t.test(
  'with bom=true CSV begins with a byte order mark, also without customers, and NDJSON is refused',
  async (t) => {
    const plain = await exported();
    const marked = await exported('?bom=true');
    t.equal(marked.headers['content-type'], 'text/csv; charset=utf-8');
    t.ok(marked.rawPayload.equals(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), plain.rawPayload])));
    t.equal((await exported('?bom=true&name=unknown')).payload, `\ufeff${COLUMNS.join(',')}\r\n`);
    t.equal((await exported('?bom=false')).payload, plain.payload);
    t.equal((await exported('?bom=false', 'application/x-ndjson')).statusCode, 200);
    for (const method of ['GET', 'HEAD'] as const) {
      const headers = { accept: 'application/x-ndjson' };
      t.equal((await send(method, '/customers/export?bom=true', { headers })).statusCode, 400, method);
    }
    t.match((await exported('?bom=true', 'application/x-ndjson')).json(), {
      code: 'invalid_request',
      errors: [{ pointer: '/bom', detail: /is for CSV alone: leave it out, or accept text\/csv/ }],
    });
    for (const query of ['bom=1', 'bom=', 'bom=TRUE', 'bom=true&bom=true']) {
      t.equal((await exported(`?${query}`)).statusCode, 400, query);
    }
  },
);

t.test('NDJSON has the customers of the list, one per line', async (t) => {
  const response = await exported('', 'application/x-ndjson');
  t.equal(response.headers['content-type'], 'application/x-ndjson; charset=utf-8');
  t.equal(response.headers['content-disposition'], 'attachment; filename="customers.ndjson"');
  const lines = response.payload
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.same(lines, (await send('GET', '/customers?n=1000')).json().items);
});

t.test('an export has the order and the filters of the list', async (t) => {
  const queries = [
    'sort=name',
    'sort=-updated_at',
    'name=ANN',
    'name=zo%C3%8B',
    'dob_from=1960-05-25',
    'dob_to=1960-05-25&sort=dob',
  ];
  for (const query of queries) {
    const { items } = (await send('GET', `/customers?${query}`)).json();
    const lines = (await exported(`?${query}`, 'application/x-ndjson')).payload;
    t.equal(lines, items.map((item: object) => `${JSON.stringify(item)}\n`).join(''), query);
  }
  for (const query of [
    'n=5',
    'limit=5',
    'cursor=x',
    'sort=age',
    'name=',
    'dob_from=never',
    'sort=dob&sort=name',
  ]) {
    t.match((await exported(`?${query}`)).json(), { status: 400 }, query);
  }
});

t.test('without customers CSV has only its header, and NDJSON nothing', async (t) => {
  t.equal((await exported('?name=unknown')).payload, `${COLUMNS.join(',')}\r\n`);
  t.equal((await exported('?name=unknown', 'application/x-ndjson')).payload, '');
});

t.test('HEAD has the headers of GET and no body', async (t) => {
  const [head, full] = [await send('HEAD', '/customers/export'), await send('GET', '/customers/export')];
  for (const name of ['content-type', 'content-disposition', 'cache-control']) {
    t.equal(head.headers[name], full.headers[name], name);
  }
  t.equal(head.payload, '');
});

/** Starts an export whose answer the test reads itself. */
async function openExport(bearer = token): Promise<IncomingMessage> {
  const request = get(`${baseUrl(app)}/customers/export?sort=updated_at`, {
    headers: { authorization: `Bearer ${bearer}`, accept: 'application/x-ndjson' },
  });
  const [response] = await once(request, 'response');
  return response;
}

async function exports(): Promise<{ state: string; wait_event: string }[]> {
  const { rows } = await client.query(
    `SELECT state, wait_event FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'customers: export'`,
  );
  return rows;
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of response.setEncoding('utf8')) text += part;
  return text;
}

const insertMany = (count: number) =>
  client.query(
    `INSERT INTO customers (id, name, dob, updated_at)
     SELECT gen_random_uuid(), repeat('x', 200), '1960-05-25', '2021-01-01' FROM generate_series(1, $1)`,
    [count],
  );

t.test('a slow reader makes the database wait, and gets the customers of the start', async (t) => {
  const COUNT = rounds({ short: 30_000, long: 1_000_000 });
  await insertMany(COUNT);
  const response = await openExport();
  // in twenty samples in a row the backend waits for the client
  let samples = 0;
  await waitFor(async () => {
    const [backend] = await exports();
    samples = backend?.state === 'active' && backend.wait_event === 'ClientRead' ? samples + 1 : 0;
    return samples === 20;
  });
  await client.query("DELETE FROM customers WHERE dob = '1960-05-25'");
  await send('POST', '/customers', { body: { name: 'Too late', dob: '1960-05-25' } });
  const lines = (await textOf(response)).trimEnd().split('\n');
  t.equal(lines.length, COUNT + 3);
  t.equal(lines.at(-1)?.includes('Too late'), false);
  await waitFor(async () => (await exports()).length === 0);
});

t.test('a client that disconnects frees the database connection of its export', async () => {
  await insertMany(30_000);
  const response = await openExport();
  response.on('error', () => {});
  response.destroy();
  await waitFor(async () => (await exports()).length === 0);
});

const tokenOf = (sub: string) => key.sign(mintClaims({ sub, scope: 'customers:read' }));

t.test('a third concurrent export of one user is 429 until one of the others ends', async (t) => {
  await insertMany(30_000);
  const ada = await tokenOf('ada');
  const responses = [await openExport(ada), await openExport(ada)];
  const third = await send('GET', '/customers/export?name=ann', { token: ada });
  t.match(third.json(), { status: 429, code: 'too_many_transfers' });
  t.equal(third.headers['retry-after'], '1');
  t.equal((await send('HEAD', '/customers/export', { token: ada })).statusCode, 200, 'HEAD takes no slot');
  t.equal((await exported('?name=ann')).statusCode, 200, 'another user is not refused');
  responses[0]?.on('error', () => {}).destroy();
  await waitFor(
    async () => (await send('GET', '/customers/export?name=ann', { token: ada })).statusCode === 200,
  );
  responses[1]?.on('error', () => {}).destroy();
  await waitFor(async () => (await exports()).length === 0);
});

t.test('a fifth concurrent export is 503 until one of the others ends', async (t) => {
  await insertMany(30_000);
  const [ada, grace] = [await tokenOf('ada'), await tokenOf('grace')];
  const responses = await Promise.all([ada, ada, grace, grace].map(openExport));
  const before = log().length;
  const fifth = await exported();
  t.match(fifth.json(), { status: 503, code: 'unavailable' });
  t.equal(fifth.headers['retry-after'], '1');
  t.match(log().slice(before), 'overload: customers: export: all 4 connections are in use');
  t.notMatch(log().slice(before), '"msg":"unavailable"');
  for (const response of responses) response.on('error', () => {}).destroy();
  await waitFor(async () => (await exported('?name=ann')).statusCode === 200);
});

t.test('an export whose database connection breaks ends as an incomplete transfer', async (t) => {
  await insertMany(30_000);
  const response = await openExport();
  await client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'customers: export'`,
  );
  await t.rejects(textOf(response), { code: 'ECONNRESET' });
  t.equal((await exported('?name=ann')).statusCode, 200);
});

t.test(
  'an export that the client does not read ends after five minutes as an incomplete transfer',
  async (t) => {
    await insertMany(30_000);
    const pass = heldTimers(t, FIVE_MINUTES_MS);
    const response = await openExport();
    pass();
    await t.rejects(textOf(response), { code: 'ECONNRESET' });
    await waitFor(async () => (await exports()).length === 0);
  },
);
