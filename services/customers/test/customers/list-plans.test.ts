import t from 'tap';
import type { Selection } from '../../src/customers/selection.ts';
import { customersDatabase } from '../support/database.ts';
import { ALL, preparedList } from '../support/list-plans.ts';

const { client } = await customersDatabase(t);
await client.query(`
  INSERT INTO customers (id, name, dob, updated_at)
  SELECT gen_random_uuid(), md5(n::text), date '1920-01-01' + (n * 7919 % 36000), now() - n * interval '1 minute'
  FROM generate_series(1, 100000) AS n`);
await client.query('VACUUM ANALYZE customers');
// PostgreSQL plans a prepared statement that has run often without its parameters
await client.query('SET plan_cache_mode = force_generic_plan');

async function planOf(selection: Selection, isContinued: boolean): Promise<string> {
  return (await preparedList(client, selection, isContinued))();
}

for (const sort of ['dob', 'name', 'updated_at'] as const) {
  for (const descending of [false, true]) {
    t.test(
      `the list by ${sort}${descending ? ', descending,' : ''} is read from an index in its order`,
      async (t) => {
        for (const isContinued of [false, true]) {
          const filters: Partial<Selection>[] = [{}, { dobFrom: '1960-01-01' }, { dobTo: '1961-01-01' }];
          if (sort === 'name') filters.push({ name: 'ab' }, { name: 'ab', dobFrom: '1960-01-01' });
          for (const filter of filters) {
            const plan = await planOf({ ...ALL, sort, descending, ...filter }, isContinued);
            t.match(plan, /Index (?:Only )?Scan/, plan);
            t.notMatch(plan, /Seq Scan|Sort/, JSON.stringify(filter));
          }
        }
      },
    );
  }
}

t.test('a filter by name in another order than by name never scans the whole table', async (t) => {
  for (const sort of ['dob', 'updated_at'] as const) {
    const plan = await planOf({ ...ALL, sort, name: 'ab' }, false);
    t.notMatch(plan, /Seq Scan/, plan);
  }
});
