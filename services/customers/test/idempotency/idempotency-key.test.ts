import { randomUUID } from 'node:crypto';
import { mintClaims, rounds } from '@pair/test-kit';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import t from 'tap';
import { keyBudget } from '../../src/idempotency/key-budget.ts';
import { removeOldKeys, runOnce } from '../../src/idempotency/run-once.ts';
import { connected, customersDatabase } from '../support/database.ts';
import { customersProcess, ready } from '../support/service.ts';

const { url: databaseUrl, client } = await customersDatabase(t);
const { app, key: signingKey, send } = await customersProcess(t, { databaseUrl });
await ready(app);

const ANN = { name: 'Ann', dob: '1960-05-25' };
const post = (key: string, body: object = ANN, token?: string) =>
  send('POST', '/customers', {
    body,
    headers: { 'idempotency-key': key },
    ...(token === undefined ? {} : { token }),
  });

async function countOf(name: string): Promise<number> {
  const { rows } = await client.query('SELECT count(*)::int AS n FROM customers WHERE name = $1', [name]);
  return rows[0].n;
}

t.test(
  'a repeated request with the same key runs once, and gets the same answer byte for byte',
  async (t) => {
    const key = randomUUID();
    const body = { name: 'Once', dob: '1960-05-25' };
    const first = await post(key, body);
    t.equal(first.statusCode, 201);
    const second = await post(key, body);
    t.equal(second.statusCode, 201);
    t.equal(second.payload, first.payload);
    for (const header of ['location', 'etag', 'cache-control', 'content-type']) {
      t.equal(second.headers[header], first.headers[header], header);
    }
    t.equal(await countOf('Once'), 1);
    t.same((await send('GET', String(first.headers.location))).json(), first.json());
  },
);

t.test('without a key the answer is the same, and each request creates a customer', async (t) => {
  const body = { name: 'Zoë "Often" 李', dob: '1960-05-25' };
  const [plain, keyed] = [await send('POST', '/customers', { body }), await post(randomUUID(), body)];
  t.same(Object.keys(plain.json()), Object.keys(keyed.json()));
  t.equal(plain.headers['content-type'], keyed.headers['content-type']);
  t.equal(await countOf('Zoë "Often" 李'), 2);
});

t.test('a key is the same with and without quotation marks', async (t) => {
  const key = randomUUID();
  const first = await post(`"${key}"`);
  t.equal((await post(key)).payload, first.payload);
});

t.test('another body with the same key is 422, and creates nothing', async (t) => {
  const key = randomUUID();
  await post(key, { name: 'First', dob: '1960-05-25' });
  const response = await post(key, { name: 'Other', dob: '1960-05-25' });
  t.match(response.json(), { status: 422, code: 'idempotency_key_reused' });
  t.equal(await countOf('Other'), 0);
});

t.test('a key belongs to its user', async (t) => {
  const key = randomUUID();
  const token = await signingKey.sign(mintClaims({ sub: 'another-user' }));
  const [mine, theirs] = [await post(key), await post(key, ANN, token)];
  t.equal(theirs.statusCode, 201);
  t.not(theirs.json().id, mine.json().id);
});

t.test('a refused request does not use up its key', async (t) => {
  const key = randomUUID();
  t.equal((await post(key, { name: 'Ann', dob: '2023-02-29' })).statusCode, 422);
  t.equal((await post(key)).statusCode, 201);
});

t.test('many concurrent requests with one key create one customer', async (t) => {
  const key = randomUUID();
  const body = { name: 'One of many', dob: '1960-05-25' };
  const answers = await Promise.all(
    Array.from({ length: rounds({ short: 100, long: 1_000 }) }, () => post(key, body)),
  );
  const made = answers.filter(({ statusCode }) => statusCode === 201);
  const others = answers.filter(({ statusCode }) => statusCode !== 201);
  t.equal(new Set(made.map(({ payload }) => payload)).size, 1);
  // those that came while the first was under way
  for (const other of others) t.match(other.json(), { status: 409, code: 'request_in_progress' });
  t.equal(await countOf('One of many'), 1);
});

t.test('while the first request runs, the second is 409 with Retry-After', async (t) => {
  const other = await connected(t, databaseUrl);
  const key = randomUUID();
  const sub = 'in-two-minds';
  const token = await signingKey.sign(mintClaims({ sub }));
  const name = JSON.stringify([sub, 'POST /customers', key]);
  await other.query('BEGIN');
  await other.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [name]);
  const response = await post(key, ANN, token);
  t.match(response.json(), { status: 409, code: 'request_in_progress' });
  t.equal(response.headers['retry-after'], '1');
  await other.query('ROLLBACK');
  t.equal((await post(key, ANN, token)).statusCode, 201);
});

t.test('a key expires after 24 hours, and can then be used again', async (t) => {
  const key = randomUUID();
  const first = await post(key);
  const age = (interval: string) =>
    client.query(`UPDATE idempotency_keys SET created_at = now() - interval '${interval}' WHERE key = $1`, [
      key,
    ]);
  await age('23 hours 59 minutes');
  t.equal((await post(key)).payload, first.payload);
  await age('24 hours 1 minute');
  const later = await post(key, { name: 'Much later', dob: '1960-05-25' });
  t.equal(later.statusCode, 201);
  t.equal((await post(key, { name: 'Much later', dob: '1960-05-25' })).payload, later.payload);
});

t.test('a malformed key is 400 and named', async (t) => {
  for (const key of ['', ' ', '"', '""', 'a b', 'ä', 'x'.repeat(256), '"a', 'a\\b']) {
    const response = await post(key);
    t.match(response.json(), { status: 400, errors: [{ pointer: '/idempotency-key' }] }, JSON.stringify(key));
  }
});

t.test('an answer takes at most 2,800 bytes of PostgreSQL, with its indexes', async (t) => {
  const sizeOf = async () => {
    const { rows } = await client.query("SELECT pg_total_relation_size('idempotency_keys')::int AS bytes");
    return rows[0].bytes;
  };
  const longest = { name: '𝒜'.repeat(255), dob: '1960-05-25' };
  t.equal((await post('k'.repeat(255), longest)).statusCode, 201);
  const before = await sizeOf();
  const copies = 5_000;
  await client.query(
    `INSERT INTO idempotency_keys
     SELECT subject, route, left(repeat(md5(n::text), 8), 255), fingerprint, status, headers, body, created_at
     FROM idempotency_keys, generate_series(1, ${copies}) AS n WHERE key = repeat('k', 255)`,
  );
  const bytes = ((await sizeOf()) - before) / copies;
  t.comment(`${Math.round(bytes)} bytes`);
  t.ok(bytes > 1_000 && bytes < 2_800, `${bytes}`);
  await client.query(`DELETE FROM idempotency_keys WHERE body LIKE '%𝒜%'`);
});

t.test('the keys of a subject are bounded; a retry gets its answer all the same', async (t) => {
  const clock = { ms: 0 };
  const budget = keyBudget({ max: 5, countedEvery: 2, now: () => clock.ms });
  const pool = new pg.Pool({ connectionString: databaseUrl });
  t.teardown(() => pool.end());
  const [route, fingerprint] = ['POST /customers', Buffer.alloc(32)];
  const answer = { status: 201, headers: {}, body: '' };
  const send = (key: string, subject = 'bounded') =>
    runOnce(pool, { subject, route, key, fingerprint }, async () => answer, { budget });
  const refusal = {
    statusCode: 429,
    code: 'too_many_idempotency_keys',
    headers: { 'retry-after': '60' },
  };
  for (let key = 0; key < 5; key++) await send(`${key}`);
  await t.rejects(send('5'), refusal);
  t.same(await send('0'), answer);
  t.same(await send('5', 'another subject'), answer);

  await client.query(
    "UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE subject = 'bounded'",
  );
  await removeOldKeys(drizzle({ client }));
  await t.rejects(send('5'), refusal, 'the rows are not counted for each request');
  clock.ms = 60_000;
  t.same(await send('5'), answer);
});

t.test('any number of expired keys is removed by short statements', async (t) => {
  const insert = `INSERT INTO idempotency_keys (subject, route, key, fingerprint, status, headers, body, created_at)
     SELECT 'old', 'POST /customers', n::text, '', 201, '{}', '', now() - $2::interval FROM generate_series(1, $1) AS n`;
  await client.query(insert, [12_000, '24 hours 1 minute']);
  await client.query(insert.replace("'old'", "'young'"), [5, '23 hours 59 minutes']);
  const statements: string[] = [];
  await removeOldKeys(drizzle({ client, logger: { logQuery: (statement) => statements.push(statement) } }));
  t.equal(statements.length, 3);
  const { rows } = await client.query(
    "SELECT subject, count(*)::int FROM idempotency_keys WHERE subject IN ('old', 'young') GROUP BY subject",
  );
  t.same(rows, [{ subject: 'young', count: 5 }]);
});
