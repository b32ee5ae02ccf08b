import { drizzle } from 'drizzle-orm/node-postgres';
import type { Client } from 'pg';
import { conditionOf, orderOf, type Selection, type SortKey } from '../../src/customers/selection.ts';
import { customers } from '../../src/db/schema.ts';

/** The selection of all customers, the youngest first. Tests override members of it. */
export const ALL: Selection = {
  sort: 'dob',
  descending: true,
  name: undefined,
  dobFrom: undefined,
  dobTo: undefined,
};
const VALUES = {
  dobFrom: '1960-01-01',
  dobTo: '1961-01-01',
  id: '00000000-0000-7000-8000-000000000000',
};
const KEYS: Record<SortKey, string> = {
  dob: '1960-06-01',
  name: 'ab',
  updated_at: '2020-01-01T00:00:00.000Z',
};

/**
 * Prepares the statement of a list, as the service does. `plan_cache_mode = force_generic_plan` on `client` gives the plan of
 * a statement that has run often: PostgreSQL then plans it without its parameters.
 *
 * @returns a function that returns the plan, which PostgreSQL caches
 */
export async function preparedList(
  client: Client,
  selection: Selection,
  isContinued: boolean,
): Promise<() => Promise<string>> {
  const query = drizzle({ client })
    .select()
    .from(customers)
    .where(conditionOf(selection, isContinued))
    .orderBy(...orderOf(selection))
    .limit(20)
    .toSQL();
  const values = { ...VALUES, prefix: selection.name, key: KEYS[selection.sort] } as Record<string, unknown>;
  const parameters = query.params.map((parameter) =>
    typeof parameter === 'object' && parameter !== null && 'name' in parameter
      ? values[String(parameter.name)]
      : parameter,
  );
  const name = `plan_${Math.random().toString(36).slice(2)}`;
  await client.query(`PREPARE ${name} AS ${query.sql}`);
  const literals = parameters.map((value) => `'${String(value)}'`).join(', ');
  return async () => {
    const { rows } = await client.query(
      `EXPLAIN (COSTS OFF) EXECUTE ${name}${literals === '' ? '' : `(${literals})`}`,
    );
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };
}
