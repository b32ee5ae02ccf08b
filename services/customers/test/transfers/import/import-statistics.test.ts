import t from 'tap';
import type { Selection } from '../../../src/customers/selection.ts';
import { connected, customersDatabase } from '../../support/database.ts';
import { ALL, preparedList } from '../../support/list-plans.ts';
import { customersProcess, ready } from '../../support/service.ts';

const { url: databaseUrl, client } = await customersDatabase(t);
const { app, send } = await customersProcess(t, { databaseUrl });
await ready(app);
await client.query('ALTER TABLE customers SET (autovacuum_enabled = false)');

/** Each test begins with an empty table that PostgreSQL knows to be empty. */
t.beforeEach(async () => {
  await client.query('TRUNCATE customers CASCADE');
  await client.query('VACUUM ANALYZE customers');
});

const FILTERS: Partial<Selection>[] = [
  {},
  { dobFrom: '1960-01-01' },
  { dobTo: '1961-01-01' },
  { dobFrom: '1960-01-01', dobTo: '1961-01-01' },
  { name: 'zz' },
  { name: 'zz', dobFrom: '1960-01-01' },
];

function importRows(count: number, query = '') {
  const lines = Array.from({ length: count }, (_, n) => {
    const dob = new Date(Date.UTC(1920, 0, 1 + ((n * 7_919) % 36_000))).toISOString().slice(0, 10);
    return `${((n * 2_654_435_761) % 2 ** 32).toString(16)},${dob}\n`;
  });
  const headers = { 'content-type': 'text/csv' };
  return send('POST', `/customers/import${query}`, { body: `name,dob\n${lines.join('')}`, headers });
}

/** Returns PostgreSQL's estimate of the number of rows. */
async function estimatedRows(): Promise<number> {
  const { rows } = await client.query("SELECT reltuples FROM pg_class WHERE oid = 'customers'::regclass");
  return rows[0].reltuples;
}

for (const mode of ['force_generic_plan', 'force_custom_plan']) {
  t.test(
    `right after an import into an empty table lists have plans for the new rows (${mode})`,
    async (t) => {
      const reader = await connected(t, databaseUrl);
      await reader.query(`SET plan_cache_mode = ${mode}`);
      const lists: [Selection, isContinued: boolean, plan: () => Promise<string>][] = [];
      for (const sort of ['dob', 'name', 'updated_at'] as const) {
        for (const descending of [false, true]) {
          for (const filter of FILTERS) {
            for (const isContinued of [false, true]) {
              const selection = { ...ALL, sort, descending, ...filter };
              lists.push([selection, isContinued, await preparedList(reader, selection, isContinued)]);
            }
          }
        }
      }
      // a running service has cached plans for the empty table
      for (const [, , plan] of lists) await plan();
      t.match((await importRows(120_000)).json(), { created: 120_000 });
      for (const [selection, isContinued, plan] of lists) {
        const text = await plan();
        t.notMatch(text, /Seq Scan/, JSON.stringify(selection));
        // a custom plan shows that no name has this prefix; another index would be read as a whole
        if (mode === 'force_custom_plan' && selection.name !== undefined && !isContinued)
          t.match(text, /customers_by_name/, JSON.stringify(selection));
      }
    },
  );
}

t.test('an import updates the statistics only if it has created a large share of the rows', async (t) => {
  await importRows(60, '?dry_run=true');
  t.equal(await estimatedRows(), 0, 'a dry run');
  await importRows(50);
  t.equal(await estimatedRows(), 0, 'a few rows');
  await importRows(1_000);
  t.equal(await estimatedRows(), 1_050, 'most of the table');
  await importRows(150);
  t.equal(await estimatedRows(), 1_050, 'a small share');
  await importRows(160);
  t.equal(await estimatedRows(), 1_360, 'a larger share');
});

t.test(
  'an import waits at most two seconds for the lock of ANALYZE, and keeps its rows without it',
  async (t) => {
    const other = await connected(t, databaseUrl);
    await other.query('BEGIN');
    await other.query('LOCK TABLE customers IN SHARE UPDATE EXCLUSIVE MODE');
    t.match((await importRows(1_000)).json(), { created: 1_000 });
    t.equal(await estimatedRows(), 0);
    t.equal((await client.query('SELECT FROM customers')).rowCount, 1_000);
    await other.query('ROLLBACK');
  },
);
