import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import { createClient, memoryStorage } from '@pair/client';
import { rounds, waitFor } from '@pair/test-kit';
import t from 'tap';
import { ADMIN, addAdmin, beginSession, startSystem } from './support/system.ts';

/** Imports files behind nginx. LEGISLATORS_CSV may name the whole file of people. */
const FILE = process.env.LEGISLATORS_CSV ?? '';
const SAMPLE = join(ROOT, 'packages/e2e/test/data/legislators-sample.csv');
const people = readFileSync(existsSync(FILE) ? FILE : SAMPLE);
const LINES = rounds({ short: 100_000, long: 1_000_000 });

const system = await startSystem(t);
const { access_token: token } = await beginSession(system.url);
const authorization = `Bearer ${token}`;

const importFile = (body: string | Buffer) =>
  fetch(`${system.url}/customers/import`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'text/csv' },
    body,
  });

async function namesThatBeginWith(prefix: string): Promise<string[]> {
  const response = await fetch(`${system.url}/customers?limit=100&name=${encodeURIComponent(prefix)}`, {
    headers: { authorization },
  });
  const { items } = (await response.json()) as { items: { name: string }[] };
  return items.map(({ name }) => name);
}

/** Opens an import. The test writes its body. */
function openImport(headers: Record<string, string> = {}, bearer = token) {
  const upload = request(`${system.url}/customers/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'text/csv', ...headers },
  });
  upload.on('error', () => {});
  return upload;
}

t.test('an import creates all people of a real file, with unchanged names', async (t) => {
  const count = people.toString().trimEnd().split('\n').length - 1;
  const response = await importFile(people);
  t.same(await response.json(), { lines_read: count + 1, created: count, skipped: 0, problems: [] });
  const youngest = await fetch(`${system.url}/customers?n=1000`, { headers: { authorization } });
  const { items } = (await youngest.json()) as { items: { name: string; dob: string }[] };
  t.equal(items.length, count);
  t.match(await namesThatBeginWith('linda t. s'), ['Linda T. Sánchez']);
});

t.test('the progress arrives each second, also while the upload continues', async (t) => {
  const upload = openImport({ accept: 'application/x-ndjson' });
  upload.write('name,dob\nSlowly One,1960-05-25\n');
  const [response] = await once(upload, 'response');
  t.equal(response.statusCode, 200);
  const [first] = await once(response.setEncoding('utf8'), 'data');
  t.same(JSON.parse(first), { event: 'progress', lines_read: 2, created: 1, skipped: 0 });
  upload.end('Slowly Two,1960-05-25\n');
  let rest = '';
  for await (const text of response) rest += text;
  t.match(JSON.parse(rest.trimEnd().split('\n').at(-1) ?? ''), {
    event: 'summary',
    lines_read: 3,
    created: 2,
  });
  t.same((await namesThatBeginWith('slowly')).sort(), ['Slowly One', 'Slowly Two']);
});

t.test('a fifth import at once gets 503, until one of the clients disconnects', async (t) => {
  const others = await Promise.all(
    [1, 2].map(async () => (await beginSession(system.url, await addAdmin(system.url))).access_token),
  );
  const uploads = await Promise.all(
    [...others, ...others].map(async (bearer) => {
      const upload = openImport({ accept: 'application/x-ndjson' }, bearer);
      upload.write('name,dob\nGone,1960-05-25\n');
      const [response] = await once(upload, 'response');
      response.on('error', () => {}).resume();
      return upload;
    }),
  );
  const fifth = await importFile('name,dob\nFifth,1960-05-25\n');
  t.equal(fifth.status, 503);
  t.equal(fifth.headers.get('retry-after'), '1');
  t.match(await fifth.json(), { code: 'unavailable' });

  uploads[0]?.destroy();
  await waitFor(async () => (await importFile('name,dob\nLater,1960-05-25\n')).status === 200);
  for (const upload of uploads) upload.destroy();
  t.same(await namesThatBeginWith('gone'), []);
});

t.test(`of ${LINES} lines a broken one near the end is reported, and no customer is created`, async (t) => {
  const broken = Math.floor(LINES * 0.9);
  let file = 'name,dob\n';
  for (let line = 2; line <= LINES; line++)
    file += `Many ${line},${line === broken ? '1960-02-30' : '1960-05-25'}\n`;
  const response = await importFile(file);
  t.equal(response.status, 422);
  t.match(await response.json(), {
    code: 'import_refused',
    lines_read: LINES,
    created: 0,
    skipped: 1,
    problems: [{ line: broken, member: 'dob', reason: String }],
  });
  t.same(await namesThatBeginWith('many'), []);
});

t.test('a file of more than 128 MiB gets 413, also if the request does not declare its length', async (t) => {
  const upload = openImport();
  const megabyte = Buffer.alloc(1024 * 1024, 'x');
  const answer = once(upload, 'response');
  upload.write('name,dob\n');
  for (let sent = 0; sent < 129; sent++) {
    if (!upload.write(megabyte)) await Promise.race([once(upload, 'drain'), answer]);
  }
  const [response] = await answer;
  let text = '';
  for await (const part of response.setEncoding('utf8')) text += part;
  t.match(response.headers['content-type'], /^application\/problem\+json/);
  t.match(JSON.parse(text), { status: 413, code: 'body_too_large' });
  upload.destroy();
});

t.test('the client of this repository imports a file, as text and as a stream, and exports it', async (t) => {
  const client = createClient({ baseUrl: system.url });
  await client.signIn(ADMIN.username, ADMIN.password);
  const names = Array.from({ length: 45 }, (_, i) => `by client ${String(i).padStart(3, '0')}`);
  const csv = `name,dob\n${names.map((name) => `${name},1950-01-01\n`).join('')}`;
  const half = csv.indexOf('by client 020');
  for (const body of [csv.slice(0, half), new Blob(['name,dob\n', csv.slice(half)]).stream()]) {
    t.match(await client.customers.POST('/customers/import', { body }), { data: { skipped: 0 } });
  }
  const listed: string[] = [];
  for await (const { name } of client.customers.list({ name: 'by client', sort: 'name', limit: 7 }))
    listed.push(name);
  t.same(listed, names);
  const query = { name: 'by client', sort: 'name' } as const;
  const { data: file } = await client.customers.GET('/customers/export', { params: { query } });
  t.equal(file.split('\n').length, names.length + 2);
});

t.test('a client whose tokens are bound to a key sends and reads files', async (t) => {
  const options = { baseUrl: system.url, dpop: true, tokens: memoryStorage() };
  const client = createClient(options);
  await client.signIn(ADMIN.username, ADMIN.password);
  const csv = 'name,dob\nOf A Bound Client,1912-06-23\n';
  for (const body of [csv, new Blob([csv]), new Blob([csv]).stream()]) {
    const { data: report } = await client.customers.POST('/customers/import', { body });
    t.match(report, { created: 1 });
  }
  const { data: file } = await client.customers.GET('/customers/export', { parseAs: 'stream' });
  t.match(await new Response(file).text(), /Of A Bound Client/);

  // another tab has the key, but no nonce yet
  const { customers } = createClient({ ...options, tokens: { ...options.tokens } });
  const upload = () => customers.POST('/customers/import', { body: new Blob([csv]).stream() });
  await t.rejects(upload(), { status: 401, code: 'use_dpop_nonce' });
  t.match((await upload()).data, { created: 1 });
});
