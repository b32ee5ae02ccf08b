import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import t, { type Test } from 'tap';
import { uuidv7 } from 'uuidv7';
import { customersRepository } from '../../src/customers/repository.ts';
import { customersDatabase } from '../support/database.ts';
import { ALL } from '../support/list-plans.ts';

interface Sent {
  name: string;
  values: unknown[];
}

/**
 * A repository whose statements the test counts. It can also hold the rows of reads, after PostgreSQL has sent them. The rows
 * of a batch come in reverse, because PostgreSQL promises no order.
 */
async function counted(t: Test) {
  const { url, client } = await customersDatabase(t);
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  t.teardown(() => pool.end());
  const sent: Sent[] = [];
  let held: { read: Promise<unknown>[]; until: Promise<void> } | undefined;
  const query = pool.query.bind(pool) as (config: Sent, values: unknown[]) => Promise<pg.QueryResult>;
  Object.assign(pool, {
    async query(config: Sent, values: unknown[]) {
      sent.push({ name: config.name, values });
      const result = query(config, values);
      if (/_customers$/.test(config.name) && !config.name.includes('youngest')) (await result).rows.reverse();
      if (held === undefined || !/^(select|list)_/.test(config.name)) return result;
      held.read.push(result);
      await held.until;
      return result;
    },
  });
  const holdReads = () => {
    let letGo = () => {};
    const read: Promise<unknown>[] = [];
    const until = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    held = { read, until };
    return {
      /** Resolves when PostgreSQL has answered all reads so far. */
      read: () => Promise.all(read),
      letGo: () => {
        held = undefined;
        letGo();
      },
    };
  };
  return { customers: customersRepository(drizzle({ client: pool }), console), client, sent, holdReads };
}

const namesOf = (sent: Sent[]) => sent.map(({ name }) => name);

t.test('a thousand creates at once take a few statements, and each gets its own row', async (t) => {
  const { customers, client, sent } = await counted(t);
  const wanted = Array.from({ length: 1_000 }, (_, i) => ({
    id: uuidv7(),
    // characters with a meaning in an array of PostgreSQL
    name: ['Ann', 'NULL', '{a,b}', 'a "b" \\c', "O'Hara"][i % 5] + String(i),
    dob: new Date(86_400_000 * i).toISOString().slice(0, 10),
  }));
  const created = await Promise.all(wanted.map(({ id, ...fields }) => customers.create(id, fields)));
  t.match(
    created,
    wanted.map((row) => ({ ...row, version: 1 })),
  );
  t.ok(sent.length <= 6, `${sent.length} statements`);
  t.same([...new Set(namesOf(sent))], ['insert_customers']);
  t.equal((await client.query('SELECT FROM customers')).rowCount, 1_000);
  t.same(await Promise.all(wanted.map(({ id }) => customers.find(id))), created, 'the rows are stored so');
});

t.test('creates of a batch have the time of their statement, after their requests', async (t) => {
  const { customers, client } = await counted(t);
  const now = async () => (await client.query('SELECT now()::timestamptz(3) AS now')).rows[0].now.getTime();
  const before = await now();
  const all = await Promise.all(
    Array.from({ length: 20 }, () => customers.create(uuidv7(), { name: 'Ann', dob: '1960-05-25' })),
  );
  const after = await now();
  for (const { updated_at } of all) {
    const time = Date.parse(updated_at);
    t.ok(before <= time && time <= after, updated_at);
  }
});

t.test('a value that PostgreSQL refuses fails its own create alone', async (t) => {
  const { customers, client } = await counted(t);
  const bad = new Map([
    [3, { name: 'a\0b', code: '22021' }],
    [17, { name: '', code: '23514' }],
    [18, { name: 'x'.repeat(256), code: '23514' }],
  ]);
  const results = await Promise.allSettled(
    Array.from({ length: 40 }, (_, i) =>
      customers.create(uuidv7(), { name: bad.get(i)?.name ?? `name ${i}`, dob: '1960-05-25' }),
    ),
  );
  for (const [i, result] of results.entries()) {
    const { code } = bad.get(i) ?? {};
    if (code === undefined) t.match(result, { value: { name: `name ${i}` } });
    else t.match(result, { reason: { code } });
  }
  const { rows } = await client.query('SELECT name FROM customers');
  t.equal(rows.length, 37);
  t.equal(new Set(rows.map(({ name }) => name)).size, 37, 'nothing is created twice');
});

t.test(
  'many gets at once take a few statements; equal ids share a row, and unknown ids have none',
  async (t) => {
    const { customers, sent } = await counted(t);
    const ids = Array.from({ length: 50 }, () => uuidv7());
    const created = await Promise.all(
      ids.map((id, i) => customers.create(id, { name: `name ${i}`, dob: '1960-05-25' })),
    );
    sent.length = 0;
    const asked = [...ids, uuidv7(), ...ids];
    const found = await Promise.all(asked.map((id) => customers.find(id)));
    t.same(found, [...created, undefined, ...created]);
    t.same(namesOf(sent), ['select_customer', 'select_customer', 'select_customers']);
  },
);

t.test('equal lists at once share two statements, and other lists have their own', async (t) => {
  const { customers, sent } = await counted(t);
  await customers.create(uuidv7(), { name: 'Ann', dob: '1960-05-25' });
  sent.length = 0;
  const lists = await Promise.all(
    Array.from({ length: 30 }, (_, i) =>
      i % 3 === 0 ? customers.page(ALL, 5, undefined) : customers.youngest(i % 3),
    ),
  );
  for (const rows of lists) t.match(rows, [{ name: 'Ann' }]);
  t.same(namesOf(sent).sort(), [
    ...Array.from({ length: 2 }, () => 'list_customers_dob_desc'),
    ...Array.from({ length: 4 }, () => 'select_youngest_customers'),
  ]);
});

t.test('a get or a list that begins after the answer to a write finds the write', async (t) => {
  const { customers, holdReads } = await counted(t);
  const id = uuidv7();
  const readers = [
    () => customers.find(id),
    () => customers.find(id),
    async () => (await customers.youngest(5))[0],
    async () => (await customers.page(ALL, 5, undefined))[0],
  ];
  await customers.create(id, { name: 'before', dob: '1960-05-25' });
  const held = holdReads();
  const early = readers.map((read) => read());
  await held.read();
  await customers.update(id, { name: 'after' });
  const late = readers.map((read) => read());
  held.letGo();
  t.same(
    (await Promise.all(early)).map((customer) => customer?.name),
    readers.map(() => 'before'),
  );
  t.same(
    (await Promise.all(late)).map((customer) => customer?.name),
    readers.map(() => 'after'),
  );
});

t.test('under a race of writes and reads, no read is older than the last write with an answer', async (t) => {
  const { customers } = await counted(t);
  const ids = Array.from({ length: 8 }, () => uuidv7());
  await Promise.all(ids.map((id) => customers.create(id, { name: 'Ann', dob: '1960-05-25' })));
  const acknowledged = new Map(ids.map((id) => [id, 1]));
  let stale = 0;
  const write = async (id: string) => {
    for (let round = 0; round < 40; round += 1) {
      const { version = 0 } = (await customers.update(id, { name: `${round}` })) ?? {};
      acknowledged.set(id, version);
      if (((await customers.find(id))?.version ?? 0) < version) stale += 1;
    }
  };
  const read = async (id: string) => {
    for (let round = 0; round < 120; round += 1) {
      const least = acknowledged.get(id) ?? 0;
      if (((await customers.find(id))?.version ?? 0) < least) stale += 1;
    }
  };
  await Promise.all([...ids.map(write), ...ids.map(read), ...ids.map(read)]);
  t.equal(stale, 0);
});
