import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { promisify } from 'node:util';
import { mintClaims, mintKey, waitFor } from '@pair/test-kit';
import t from 'tap';
import { customersDatabase } from '../../support/database.ts';
import { baseUrl, customersProcess, ready } from '../../support/service.ts';
import { FIVE_MINUTES_MS, heldTimers } from '../support/held-timers.ts';

const { url: databaseUrl, client } = await customersDatabase(t);
const { app, send, token, key, jwks, log } = await customersProcess(t, { databaseUrl });
await ready(app);
const url = `${baseUrl(app)}/customers/import`;

const CSV = 'text/csv';
const NDJSON = 'application/x-ndjson';
const ID = '0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10';
const OTHER_ID = '0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b11';

const post = (type: string, body: string | Buffer, query = '', headers = {}) =>
  send('POST', `/customers/import${query}`, { body, headers: { 'content-type': type, ...headers } });

/** Each test begins without customers. */
t.beforeEach(() => client.query('TRUNCATE customers CASCADE'));

async function rows(): Promise<{ name: string; dob: string }[]> {
  return (await client.query('SELECT name, dob::text FROM customers ORDER BY name')).rows;
}

t.test('CSV and NDJSON create the same customers as JSON bodies with the same values', async (t) => {
  const people = [
    { name: 'Ann', dob: '1960-05-25' },
    { name: 'Zoë 🦊 李', dob: '1960-05-25' },
    { name: 'back\\slash \\N \\t', dob: '0001-01-01' },
    { name: 'quote " and , comma', dob: '2024-02-29' },
  ];
  const csv = people.map(({ name, dob }) => `"${name.replaceAll('"', '""')}",${dob}\r\n`).join('');
  const ndjson = people.map((person) => `${JSON.stringify(person)}\n`).join('');
  for (const [type, body] of [
    [CSV, `name,dob\r\n${csv}`],
    [NDJSON, ndjson],
  ] as const) {
    const response = await post(type, body);
    t.match(response.json(), { created: 4, skipped: 0, problems: [] }, type);
    t.same(await rows(), people);
    await client.query('TRUNCATE customers CASCADE');
  }
});

t.test('a name is stored in NFC and trimmed, and a missing id becomes a UUIDv7', async (t) => {
  t.equal((await post(CSV, 'name,dob\n  Zoe\u0308 ,1960-05-25\n')).statusCode, 200);
  t.same(await rows(), [{ name: 'Zoë', dob: '1960-05-25' }]);
  const [customer] = (await send('GET', '/customers?n=1')).json().items;
  t.match(customer.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  t.equal((await send('GET', `/customers/${customer.id}`)).headers.etag, '"1"');
});

/** Invalid records, each with its wrong member. */
const WRONG: [string, object][] = [
  ['name', { name: '', dob: '1960-05-25' }],
  ['name', { name: 'a\u0007', dob: '1960-05-25' }],
  ['name', { name: 'x'.repeat(256), dob: '1960-05-25' }],
  ['dob', { name: 'Ann', dob: '2023-02-29' }],
  ['dob', { name: 'Ann', dob: '9999-12-31' }],
  ['dob', { name: 'Ann', dob: '0000-01-01' }],
  ['dob', { name: 'Ann', dob: '' }],
];

t.test('a record has the rules and the error texts of a JSON body', async (t) => {
  for (const [member, record] of WRONG) {
    const { errors } = (await send('POST', '/customers', { body: record })).json();
    const reason = errors[0].detail;
    const cells = Object.values(record).map((cell) => `"${cell}"`);
    for (const [type, body, line] of [
      [CSV, `name,dob\n${cells.join(',')}\n`, 2],
      [NDJSON, JSON.stringify(record), 1],
    ] as const) {
      const response = await post(type, body);
      t.match(
        response.json(),
        { status: 422, code: 'import_refused', created: 0, skipped: 1, problems: [{ line, member, reason }] },
        `${type} ${body}`,
      );
    }
  }
  t.same(await rows(), []);
});

const MIXED = 'name,dob\nAnn,1960-05-25\nBob,1960-02-30\n,1960-05-25\nCid,1960-05-25\n';
const PROBLEMS = [
  { line: 3, member: 'dob', reason: String },
  { line: 4, member: 'name', reason: String },
];

t.test(
  'a single wrong line makes the import create nothing, and the answer lists all wrong lines',
  async (t) => {
    const response = await post(CSV, MIXED);
    t.match(response.json(), { status: 422, lines_read: 5, created: 0, skipped: 2, problems: PROBLEMS });
    t.match(response.headers['content-type'], /^application\/problem\+json/);
    t.same(await rows(), []);
  },
);

t.test('with on_error=skip the correct lines are imported', async (t) => {
  const response = await post(CSV, MIXED, '?on_error=skip');
  t.equal(response.statusCode, 200);
  t.match(response.json(), { lines_read: 5, created: 2, skipped: 2, problems: PROBLEMS });
  t.same(
    (await rows()).map(({ name }) => name),
    ['Ann', 'Cid'],
  );
});

t.test('a dry run reports the result of the file, and changes nothing', async (t) => {
  t.match((await post(CSV, MIXED, '?dry_run=true&on_error=skip')).json(), { created: 2, skipped: 2 });
  t.match((await post(CSV, MIXED, '?dry_run=true')).json(), { status: 422, created: 0, skipped: 2 });
  t.match((await post(CSV, 'name,dob\nAnn,1960-05-25', '?dry_run=true')).json(), { created: 1, skipped: 0 });
  t.same(await rows(), []);
});

t.test('the answer lists the first thousand problems, and counts all', async (t) => {
  const lines = Array.from({ length: 2_500 }, (_, index) => `Ann,${index % 2 ? 'never' : '1960-05-25'}\n`);
  const { created, skipped, problems } = (
    await post(CSV, `name,dob\n${lines.join('')}`, '?on_error=skip')
  ).json();
  t.same({ created, skipped, listed: problems.length }, { created: 1_250, skipped: 1_250, listed: 1_000 });
  t.same([problems[0].line, problems[999].line], [3, 2_001]);
});

t.test('an id and an updated_at of the file are stored unchanged', async (t) => {
  const customer = { id: ID, name: 'Ann', dob: '1960-05-25', updated_at: '2020-02-29T23:59:59.123Z' };
  t.match((await post(NDJSON, JSON.stringify(customer))).json(), { created: 1 });
  t.match((await send('GET', `/customers/${ID}`)).json(), customer);
});

t.test('an id that exists, or occurs twice in the file, is a problem of its line', async (t) => {
  await send('PUT', `/customers/${ID}`, {
    body: { name: 'First', dob: '1960-05-25' },
    headers: { 'if-none-match': '*' },
  });
  const file = `id,name,dob\n${ID},Second,1960-05-25\n${OTHER_ID},Ann,1960-05-25\n${OTHER_ID},Bob,1960-05-25\n,Cid,1960-05-25\n`;
  const problems = [
    { line: 2, member: 'id', reason: /^is the id of another customer: remove the line/ },
    { line: 4, member: 'id', reason: /^is the id of an earlier line too: remove the line/ },
  ];
  t.match((await post(CSV, file)).json(), { status: 422, created: 0, skipped: 2, problems });
  t.match((await post(CSV, file, '?dry_run=true&on_error=skip')).json(), {
    created: 2,
    skipped: 2,
    problems,
  });
  t.match((await post(CSV, file, '?on_error=skip')).json(), { created: 2, skipped: 2, problems });
  t.same(
    (await rows()).map(({ name }) => name),
    ['Ann', 'Cid', 'First'],
  );
});

t.test('of two concurrent files with the same ids in opposite order one is imported', async (t) => {
  const lines = Array.from({ length: 20_000 }, () => `${randomUUID()},Ann,1960-05-25\n`);
  const answers = await Promise.all(
    [lines, lines.toReversed()].map((order) => post(CSV, `id,name,dob\n${order.join('')}`)),
  );
  const statuses = answers.map(({ statusCode }) => statusCode).sort();
  t.equal(statuses[0], 200);
  // it finds the ids taken when it is read or when it is inserted, or waits too long for the first to be committed
  t.ok([422, 409, 503].includes(statuses[1] ?? 0), `the other is ${statuses[1]}`);
  t.equal((await rows()).length, 20_000);
});

t.test('an entity tag is never used twice for an id that a client chose', async (t) => {
  const file = `id,name,dob\n${ID},Ann,1960-05-25\n`;
  const tags = new Set<unknown>();
  for (let round = 0; round < 3; round++) {
    t.equal((await post(CSV, file)).statusCode, 200);
    tags.add((await send('GET', `/customers/${ID}`)).headers.etag);
    tags.add((await send('PATCH', `/customers/${ID}`, { body: { name: 'Bob' } })).headers.etag);
    t.equal((await send('DELETE', `/customers/${ID}`)).statusCode, 204);
  }
  t.equal(tags.size, 6);
});

t.test('an unusable header is refused, also when errors are skipped', async (t) => {
  for (const query of ['', '?on_error=skip', '?dry_run=true']) {
    const response = await post(CSV, 'name|dob\nAnn|1960-05-25\n', query);
    t.match(response.json(), {
      status: 422,
      problems: [{ line: 1, member: 'name|dob', reason: /^is not a known column: use / }],
    });
  }
});

t.test('the files of spreadsheets are imported', async (t) => {
  const files = [
    'Name;DOB\r\nAnn;1960-05-25\r\n"B;b";1961-05-25\r\n',
    '\ufeffname\tdob\rAnn\t1960-05-25\rB;b\t1961-05-25\r',
    '\ufeff"name","dob",,\r\nAnn,1960-05-25,,\r\nB;b,1961-05-25,,\r\n  \r\n',
    'sep=;\r\ndob;name\r\n1960-05-25;Ann\r\n1961-05-25;"B;b"\r\n',
  ];
  for (const file of files) {
    t.match((await post(CSV, file)).json(), { created: 2, skipped: 0, problems: [] }, file);
    t.same(await rows(), [
      { name: 'Ann', dob: '1960-05-25' },
      { name: 'B;b', dob: '1961-05-25' },
    ]);
    await client.query('TRUNCATE customers CASCADE');
  }
});

t.test('a file in another encoding is refused with advice, also when errors are skipped', async (t) => {
  const utf16 = ['\ufeffname,dob\nAnn,1960-05-25\n', 'name,dob\nAnn,1960-05-25\n'];
  for (const type of [CSV, NDJSON]) {
    for (const content of utf16) {
      for (const query of ['', '?on_error=skip']) {
        const response = await post(type, Buffer.from(content, 'utf16le'), query);
        const problems = [{ line: 1, member: null, reason: /^is UTF-16, not UTF-8: save the file as UTF-8/ }];
        t.match(response.json(), { status: 422, code: 'import_refused', problems }, content);
      }
    }
  }
  const latin1 = Buffer.from('name,dob\nZo\u00eb,1960-05-25\n', 'latin1');
  t.match((await post(CSV, latin1)).json(), {
    status: 422,
    problems: [
      { line: 2, member: null, reason: /^is not UTF-8: save the file as UTF-8 \(in Excel: "CSV UTF-8"\)/ },
    ],
  });
});

t.test('a file without records creates nothing', async (t) => {
  t.match((await post(CSV, 'name,dob\n')).json(), { lines_read: 0, created: 0, skipped: 0, problems: [] });
  t.match((await post(NDJSON, '\n')).json(), { created: 0, skipped: 0, problems: [] });
});

t.test('other types, charsets and parameters, and a request without a token, are refused', async (t) => {
  for (const type of [
    'application/json',
    'text/plain',
    'text/csv; charset=latin1',
    'text/csv; charset=utf-16',
    'text/csv; header=maybe',
    'text/csv; header=present; header=absent',
    'application/x-ndjson; header=present',
    '',
  ]) {
    const response = await post(type, 'name,dob\n');
    t.match(
      response.json(),
      { status: 415, detail: /send text\/csv or application\/x-ndjson, in UTF-8/ },
      type,
    );
    t.equal(response.headers.accept, 'text/csv, application/x-ndjson');
    t.equal(response.headers['accept-post'], 'text/csv, application/x-ndjson');
  }
  for (const query of ['?on_error=ignore', '?dry_run=1', '?limit=5', '?dry_run=true&dry_run=true']) {
    t.match((await post(CSV, 'name,dob\n', query)).json(), { status: 400 }, query);
  }
  t.match((await send('POST', '/customers/import', { body: 'x', token: null })).json(), { status: 401 });
});

t.test('the media type may have charset and header (RFC 4180 §3), in any order', async (t) => {
  for (const type of [
    'text/csv; header=present',
    'Text/CSV;Header="Present";Charset=UTF8',
    'text/csv; charset=us-ascii; header=present',
    'application/x-ndjson; charset="utf8"',
  ]) {
    const body = type.includes('ndjson') ? '{"name":"Ann","dob":"1960-05-25"}' : 'name,dob\nAnn,1960-05-25\n';
    t.match((await post(type, body)).json(), { created: 1 }, type);
  }
});

t.test('a CSV file with header=absent is 415 with advice', async (t) => {
  for (const type of [
    'text/csv; header=absent',
    'text/csv;charset=utf-8;HEADER="Absent"',
    'text/csv; header=absent; charset=utf8',
  ]) {
    const response = await post(type, 'Ann,1960-05-25\n');
    t.match(
      response.json(),
      { status: 415, code: 'unsupported_media_type', detail: /add a first line that names the columns/ },
      type,
    );
    t.equal(response.headers['accept-post'], 'text/csv, application/x-ndjson');
  }
  t.same(await rows(), []);
});

t.test('a request with neither a type nor a body is 400', async (t) => {
  t.match((await send('POST', '/customers/import')).json(), { status: 400, code: 'empty_body' });
});

t.test('a short import with progress gets one line as its answer', async (t) => {
  const response = await post(CSV, 'name,dob\nAnn,1960-05-25\n', '', { accept: NDJSON });
  t.match(response.headers['content-type'], /^application\/x-ndjson/);
  t.match(JSON.parse(response.payload), { event: 'summary', created: 1, skipped: 0, problems: [] });
  const refused = await post(CSV, 'name,dob\nAnn,never\n', '', { accept: NDJSON });
  t.match(refused.json(), { status: 422, code: 'import_refused' }, 'the problem is an answer of its own');
});

/** Starts an import whose body the test writes itself. */
function openImport(accept: string, bearer = token) {
  const upload = request(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': CSV, accept },
  });
  upload.on('error', () => {});
  return upload;
}

const connectionsOf = ({ server }: typeof app) => promisify(server.getConnections.bind(server))();

async function imports(): Promise<number> {
  const { rows } = await client.query(
    `SELECT FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'customers: import' AND state <> 'idle'`,
  );
  return rows.length;
}

t.test('a third concurrent import of one user is 429 until one of the others ends', async (t) => {
  const uploads = [openImport('application/json'), openImport('application/json')];
  for (const upload of uploads) upload.write('name,dob\nGone,1960-05-25\n');
  await waitFor(async () => (await imports()) === 2);
  const third = await post(CSV, 'name,dob\nThird,1960-05-25\n');
  t.match(third.json(), { status: 429, code: 'too_many_transfers' });
  t.equal(third.headers['retry-after'], '1');
  uploads[0]?.destroy();
  await waitFor(async () => (await post(CSV, 'name,dob\nFourth,1960-05-25\n')).statusCode === 200);
  uploads[1]?.destroy();
  await waitFor(async () => (await imports()) === 0);
  t.same(
    (await rows()).map(({ name }) => name),
    ['Fourth'],
  );
});

t.test('an upload whose client left while its token waited for a key takes no slot', async (t) => {
  const newKey = await mintKey();
  const newToken = await newKey.sign(mintClaims({ scope: 'customers:write' }));
  const uploads = [openImport('application/json', newToken), openImport('application/json', newToken)];
  let answerKeys = () => {};
  jwks.respond = (_request, response) => {
    answerKeys = () => response.end(JSON.stringify({ keys: [key.publicJwk, newKey.publicJwk] }));
  };
  t.teardown(() => {
    jwks.respond = undefined;
  });
  const asked = jwks.requests;
  for (const upload of uploads) upload.write('name,dob\nGone,1960-05-25\n');
  await waitFor(() => jwks.requests > asked);
  const before = await connectionsOf(app);
  for (const upload of uploads) upload.destroy();
  await waitFor(async () => (await connectionsOf(app)) === before - uploads.length);
  answerKeys();
  const after = () =>
    send('POST', '/customers/import', {
      body: 'name,dob\nAfter,1960-05-25\n',
      headers: { 'content-type': CSV },
      token: newToken,
    });
  for (let i = 0; i < 3; i++) t.equal((await after()).statusCode, 200);
});

t.test('a client that disconnects leaves no customers, and no warning in the log', async (t) => {
  for (const accept of ['application/json', NDJSON]) {
    const logged = log().length;
    const upload = openImport(accept);
    upload.write('name,dob\nGone,1960-05-25\n');
    await waitFor(async () => (await imports()) === 1);
    upload.destroy();
    await waitFor(async () => (await imports()) === 0);
    t.same(await rows(), []);
    t.notMatch(log().slice(logged), /"level":"(?:warn|error)"/, accept);
  }
});

t.test('a client that reads the answer only after it has sent everything gets it', async (t) => {
  const upload = openImport('application/json');
  const answer = once(upload, 'response');
  upload.write('no,header\n');
  upload.end(Buffer.alloc(16 * 1024 * 1024, 'Ann,1960-05-25\n'));
  await once(upload, 'finish'); // the service has refused the file long before
  t.equal(upload.socket?.readableEnded, false, 'the connection is still open');
  const [response] = await answer;
  t.equal(response.statusCode, 422);
  response.resume();
});

t.test('a problem after the answer has begun is its last line', async (t) => {
  const upload = openImport(NDJSON);
  upload.write('name,dob\nAnn,1960-05-25\n');
  const [response] = await once(upload, 'response');
  t.equal(response.statusCode, 200);
  upload.end('Bob,never\n');
  let text = '';
  for await (const part of response.setEncoding('utf8')) text += part;
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line: string) => JSON.parse(line));
  t.match(lines[0], { event: 'progress', lines_read: 2, created: 1, skipped: 0 });
  t.match(lines.at(-1), {
    event: 'problem',
    status: 422,
    code: 'import_refused',
    problems: [{ line: 3, member: 'dob' }],
  });
  t.same(await rows(), []);
});

t.test('a file may take longer to arrive than the body of another request', async (t) => {
  const { requestTimeout, headersTimeout } = app.server;
  t.teardown(() => Object.assign(app.server, { requestTimeout, headersTimeout }));
  Object.assign(app.server, { requestTimeout: 200, headersTimeout: 200 });
  const upload = openImport(NDJSON);
  upload.write('name,dob\nAnn,1960-05-25\n');
  const [response] = await once(upload, 'response');
  // each line comes after a second, and Node checks every second for requests that take too long
  for (let lines = 0; lines < 3; lines++) await once(response.setEncoding('utf8'), 'data');
  upload.end('Bob,1960-05-25\n');
  let text = '';
  for await (const part of response) text += part;
  t.match(text, /"event":"summary","lines_read":3,"created":2/);
});

t.test('an import that takes longer than five minutes is 408', async (t) => {
  const pass = heldTimers(t, FIVE_MINUTES_MS);
  const upload = openImport('application/json');
  upload.write('name,dob\nAnn,1960-05-25\n');
  await waitFor(async () => (await imports()) === 1);
  pass();
  const [response] = await once(upload, 'response');
  t.equal(response.statusCode, 408);
  response.resume();
  upload.destroy();
  await waitFor(async () => (await imports()) === 0);
  t.same(await rows(), []);
});

t.test('the statement of a client that disconnects does not go on in the database', async (t) => {
  await client.query(`
    CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END';
    CREATE TRIGGER wait BEFORE INSERT ON customers FOR EACH STATEMENT EXECUTE FUNCTION wait()`);
  t.teardown(() => client.query('DROP FUNCTION wait CASCADE'));
  const logged = log().length;
  const upload = openImport('application/json');
  upload.end('name,dob\nAnn,1960-05-25\n');
  await waitFor(async () => {
    const { rows } = await client.query("SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
    return rows.length === 1;
  });
  upload.destroy();
  await waitFor(async () => (await imports()) === 0);
  t.same(await rows(), []);
  t.notMatch(log().slice(logged), /"level":"(?:warn|error)"/);
});

t.test('an import whose database connection breaks is 503, and creates nothing', async (t) => {
  const upload = openImport('application/json');
  upload.write('name,dob\nAnn,1960-05-25\n');
  await waitFor(async () => (await imports()) === 1);
  await client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'customers: import'`,
  );
  const [response] = await once(upload, 'response');
  t.equal(response.statusCode, 503);
  t.equal(response.headers['retry-after'], '1');
  response.resume();
  upload.destroy();
  t.same(await rows(), []);
  await waitFor(async () => (await post(CSV, 'name,dob\nAnn,1960-05-25\n')).statusCode === 200);
});

t.test('a file of more than 128 MiB is 413', async (t) => {
  const upload = openImport('application/json');
  const megabyte = Buffer.alloc(1024 * 1024, 'x');
  upload.write('name,dob\n');
  for (let sent = 0; sent < 128; sent++) if (!upload.write(megabyte)) await once(upload, 'drain');
  const [response] = await once(upload, 'response');
  t.equal(response.statusCode, 413);
  response.resume();
  upload.destroy();
  t.same(await rows(), []);
});
