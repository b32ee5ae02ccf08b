import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import t, { type Test } from 'tap';
import { uuidv7 } from 'uuidv7';
import { customersRepository } from '../../src/customers/repository.ts';
import { customersDatabase } from '../support/database.ts';

const id = (n: number) => `0199d3a5-0000-7000-8000-${String(n).padStart(12, '0')}`;

/** Opens a repository on one connection, so that the test can read the prepared statements of its session. */
async function opened(t: Test) {
  const { url, client } = await customersDatabase(t);
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  t.teardown(() => pool.end());
  return { customers: customersRepository(drizzle({ client: pool }), console), pool, client };
}

t.test('a new customer has version 1 and the time of the database, in UTC with milliseconds', async (t) => {
  const { customers, client } = await opened(t);
  const before = (await client.query('SELECT now()')).rows[0].now;
  const created = await customers.create(id(1), { name: 'Ann', dob: '1960-05-25' });
  t.match(created, { id: id(1), name: 'Ann', dob: '1960-05-25', version: 1 });
  t.match(created.updated_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  t.ok(Math.abs(Date.parse(created.updated_at) - before) < 2_000);
  t.same(await customers.find(id(1)), created);
  t.equal(await customers.find(id(2)), undefined);
});

t.test('the time is in UTC in a session with another time zone', async (t) => {
  const { customers, pool } = await opened(t);
  await pool.query("SET timezone = 'Pacific/Auckland'");
  const { updated_at: updatedAt } = await customers.create(id(1), { name: 'Ann', dob: '1960-05-25' });
  t.ok(Math.abs(Date.parse(updatedAt) - Date.now()) < 10_000, updatedAt);
});

t.test('each write increases the version by one and never sets the time back', async (t) => {
  const { customers } = await opened(t);
  let last = await customers.create(id(1), { name: 'Ann', dob: '1960-05-25' });
  for (const changes of [
    { name: 'Bob' },
    { dob: '1961-01-01' },
    { name: 'Bob' },
    { name: 'Cyd', dob: '1962-02-02' },
  ]) {
    const next = await customers.update(id(1), changes);
    t.match(next, { ...last, ...changes, version: last.version + 1, updated_at: String });
    t.ok(next && next.updated_at >= last.updated_at);
    last = next ?? last;
  }
});

t.test('a write with expected versions changes the row only if it has one of them', async (t) => {
  const { customers } = await opened(t);
  await customers.create(id(1), { name: 'Ann', dob: '1960-05-25' });
  t.equal(await customers.update(id(1), { name: 'x' }, { expected: ['2'] }), undefined);
  t.equal(await customers.update(id(1), { name: 'x' }, { expected: [] }), undefined);
  t.equal(
    await customers.update(
      id(1),
      { name: 'x' },
      { expected: ['99999999999999999999', '01', ' 1', '1.0', 'a'] },
    ),
    undefined,
  );
  t.match(await customers.update(id(1), { name: 'Bob' }, { expected: ['7', '1'] }), {
    name: 'Bob',
    version: 2,
  });
  t.equal(await customers.remove(id(1), { expected: ['1'] }), false);
  t.match(await customers.find(id(1)), { name: 'Bob', version: 2 });
  t.equal(await customers.remove(id(1), { expected: ['2'] }), true);
  t.equal(await customers.remove(id(1)), false);
});

t.test('of concurrent writes that expect the same version exactly one succeeds', async (t) => {
  const { url } = await customersDatabase(t);
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  t.teardown(() => pool.end());
  const customers = customersRepository(drizzle({ client: pool }), console);
  await customers.create(id(1), { name: 'Ann', dob: '1960-05-25' });
  for (let round = 1; round <= 5; round += 1) {
    const expected = [String(round)];
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => customers.update(id(1), { name: `${round}-${i}` }, { expected })),
    );
    const winners = results.filter((result) => result !== undefined);
    t.equal(winners.length, 1);
    t.same(await customers.find(id(1)), winners[0]);
  }
});

t.test('concurrent writes without an expected version all increase it', async (t) => {
  const { url } = await customersDatabase(t);
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  t.teardown(() => pool.end());
  const customers = customersRepository(drizzle({ client: pool }), console);
  await customers.create(id(1), { name: 'Ann', dob: '1960-05-25' });
  const results = await Promise.all(Array.from({ length: 30 }, () => customers.update(id(1), { name: 'x' })));
  const inOrder = results
    .map((result) => ({ ...result }))
    .sort((a, b) => Number(a.version) - Number(b.version));
  t.same(
    inOrder.map(({ version }) => version),
    Array.from({ length: 30 }, (_, i) => i + 2),
  );
  const times = inOrder.map(({ updated_at }) => String(updated_at));
  t.same(times, [...times].sort(), 'a later version has a later time');
});

t.test('the youngest are ordered by dob, then by id, both descending', async (t) => {
  const { customers } = await opened(t);
  await customers.create(id(1), { name: 'same day, lower id', dob: '2000-02-29' });
  await customers.create(id(5), { name: 'oldest', dob: '0001-01-01' });
  await customers.create(id(3), { name: 'same day, higher id', dob: '2000-02-29' });
  await customers.create(id(4), { name: 'older', dob: '1999-12-31' });
  await customers.create(id(2), { name: 'youngest', dob: '2000-03-01' });
  t.same(
    (await customers.youngest(1000)).map((customer) => customer.id),
    [2, 3, 1, 4, 5].map(id),
  );
  t.same(
    (await customers.youngest(2)).map((customer) => customer.id),
    [2, 3].map(id),
  );
});

t.test('the order of the youngest does not depend on an index', async (t) => {
  const { customers, pool } = await opened(t);
  await pool.query('SET enable_indexscan = off');
  await pool.query('SET enable_bitmapscan = off');
  for (const n of [4, 8, 1, 9, 3, 7, 2, 6, 5])
    await customers.create(id(n), { name: 'x', dob: '2000-02-29' });
  t.same(
    (await customers.youngest(9)).map((customer) => customer.id),
    [9, 8, 7, 6, 5, 4, 3, 2, 1].map(id),
  );
});

t.test(
  'the statement of the youngest reads only the rows that it returns, from an index, without a sort',
  async (t) => {
    const { customers, pool, client } = await opened(t);
    await client.query(`
    INSERT INTO customers (id, name, dob)
    SELECT gen_random_uuid(), 'name ' || i, date '1930-01-01' + (i * 7919 % 30000) FROM generate_series(1, 10000) i`);
    await client.query('ANALYZE customers');
    // more often than PostgreSQL plans for single values of n before it considers a generic plan
    for (let i = 0; i < 10; i += 1) await customers.youngest(10);
    const { rows } = await pool.query('EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE select_youngest_customers(10)');
    const plan = rows[0]['QUERY PLAN'][0].Plan;
    t.match(plan, {
      'Node Type': 'Limit',
      Plans: [{ 'Node Type': 'Index Scan', 'Index Name': 'customers_youngest' }],
    });
    t.equal(plan.Plans[0]['Actual Rows'], 10);
  },
);

t.test('every statement is prepared once per session', async (t) => {
  const { customers, pool } = await opened(t);
  for (let i = 0; i < 3; i += 1) {
    await customers.create(id(i), { name: 'Ann', dob: '1960-05-25' });
    await customers.find(id(i));
    await customers.youngest(5);
    await customers.update(id(i), { name: 'x' });
    await customers.remove(id(i));
  }
  const { rows } = await pool.query(
    'SELECT name, generic_plans + custom_plans AS uses FROM pg_prepared_statements ORDER BY name',
  );
  t.same(
    rows.map(({ name, uses }) => [name, Number(uses)]),
    [
      ['delete_customer', 3],
      ['insert_customers', 3],
      ['select_customer', 3],
      ['select_youngest_customers', 3],
      ['update_customer', 3],
    ],
  );
});

t.test('the database itself refuses an invalid customer', async (t) => {
  const { client } = await opened(t);
  const insert = (name: string | null, dob: string | null) =>
    client.query('INSERT INTO customers (id, name, dob) VALUES ($1, $2, $3)', [uuidv7(), name, dob]);
  await t.rejects(insert('', '2000-01-01'), { code: '23514' });
  await t.rejects(insert('x'.repeat(256), '2000-01-01'), { code: '23514' });
  await t.rejects(insert(null, '2000-01-01'), { code: '23502' });
  await t.rejects(insert('x', null), { code: '23502' });
  await t.rejects(insert('x', '0001-01-01 BC'), { code: '23514' });
  await t.rejects(insert('x', 'infinity'), { code: '23514' });
  await t.rejects(insert('x', '10000-01-01'), { code: '23514' });
  await insert('🦊'.repeat(255), '0001-01-01');
});
