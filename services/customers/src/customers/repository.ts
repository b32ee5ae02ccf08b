import { and, desc, eq, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import fp from 'fastify-plugin';
import { customers } from '../db/schema.ts';
import { coalescedReads } from './coalesced-reads.ts';
import type { Position } from './cursor.ts';
import type { Precondition } from './entity-tag.ts';
import { conditionOf, orderOf, type Selection, statementName } from './selection.ts';

interface CustomerFields {
  name: string;
  dob: string;
}

export type CustomersRepository = ReturnType<typeof customersRepository>;

declare module 'fastify' {
  interface FastifyInstance {
    customers: CustomersRepository;
  }
}

/** `app.customers`. */
export const customersStore = fp(
  async (app) => {
    app.decorate('customers', customersRepository(app.db));
  },
  { name: 'customers-store', dependencies: ['postgres'] },
);

/** PostgreSQL formats it, as RFC 3339 in UTC: neither the clock nor the time zone of this process has an influence. */
const updatedAt = sql<string>`to_char(${customers.updatedAt} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
/** A row of the table: the customer of the API, and its version. */
export type Customer = CustomerFields & {
  id: string;
  updated_at: string;
  version: number;
};
/** The columns of a `Customer`. */
export const row = {
  id: customers.id,
  name: customers.name,
  dob: customers.dob,
  updated_at: updatedAt.as('updated_at'),
  version: customers.version,
};

/** Higher than every version of a deleted customer with the same id. */
export const versionOfChosenId = sql`(extract(epoch FROM clock_timestamp()) * 1000000)::bigint`;

const $id = sql.placeholder('id');
const $name = sql.placeholder('name');
const $dob = sql.placeholder('dob');

/** Matches the row of this id if its version meets the precondition: the write itself decides, not a read before. */
const isTarget = and(
  eq(customers.id, $id),
  sql`coalesce(${customers.version}::text = ANY(${sql.placeholder('expected')}::text[]), true)`,
  sql`coalesce(${customers.version}::text <> ALL(${sql.placeholder('unexpected')}::text[]), true)`,
);

/** The statements on customers, prepared. A write has its precondition in its WHERE. */
export function customersRepository(db: NodePgDatabase) {
  const shared = coalescedReads();

  const prepareInsert = (within: NodePgDatabase) =>
    within
      .insert(customers)
      .values({ id: $id, name: $name, dob: $dob })
      .returning(row)
      .prepare('insert_customer');
  const insert = prepareInsert(db);
  const insertNew = db
    .insert(customers)
    .values({ id: $id, name: $name, dob: $dob, version: versionOfChosenId })
    .onConflictDoNothing()
    .returning(row)
    .prepare('insert_new_customer');
  const select = db.select(row).from(customers).where(eq(customers.id, $id)).prepare('select_customer');
  const selectYoungest = db
    .select(row)
    .from(customers)
    .orderBy(desc(customers.dob), desc(customers.id))
    .limit(sql.placeholder('n'))
    .prepare('select_youngest_customers');
  const pages = new Map<string, ReturnType<typeof buildPage>>();
  const buildPage = (name: string, selection: Selection, isContinued: boolean) =>
    db
      .select(row)
      .from(customers)
      .where(conditionOf(selection, isContinued))
      .orderBy(...orderOf(selection))
      .limit(sql.placeholder('limit'))
      .prepare(name);
  /**
   * Each combination of sort and filters has its own statement, without needless conditions: they would keep PostgreSQL from
   * using an index.
   */
  const preparePage = (selection: Selection, isContinued: boolean) => {
    const name = statementName(selection, isContinued);
    const prepared = pages.get(name) ?? buildPage(name, selection, isContinued);
    pages.set(name, prepared);
    return prepared;
  };
  const update = db
    .update(customers)
    .set({
      name: sql`coalesce(${$name}, ${customers.name})`,
      dob: sql`coalesce(${$dob}, ${customers.dob})`,
      version: sql`${customers.version} + 1`,
      // not now(), the start of the transaction: a write that waited for another would set updated_at back
      updatedAt: sql`clock_timestamp()`,
    })
    .where(isTarget)
    .returning(row)
    .prepare('update_customer');
  const remove = db
    .delete(customers)
    .where(isTarget)
    .returning({ id: customers.id })
    .prepare('delete_customer');

  return {
    /** Creates a customer, in the transaction of `within` if given. */
    async create(id: string, fields: CustomerFields, within?: NodePgDatabase) {
      const statement = within === undefined ? insert : prepareInsert(within);
      const [created] = await statement.execute({ id, ...fields });
      if (created === undefined) throw new Error('INSERT returned no row');
      return created;
    },

    /** Creates a customer with a chosen id. Returns undefined if the id exists. */
    async createAs(id: string, fields: CustomerFields) {
      return (await insertNew.execute({ id, ...fields }))[0];
    },

    async find(id: string) {
      return (await shared(id, () => select.execute({ id })))[0];
    },

    /** Returns the latest dates of birth first. Ties are ordered by `id`, so that the order is always the same. */
    youngest(n: number) {
      return shared(`youngest ${n}`, () => selectYoungest.execute({ n }));
    },

    /** Returns up to `limit` customers after the position. */
    page(selection: Selection, limit: number, after: Position | undefined) {
      const { name: prefix, dobFrom, dobTo } = selection;
      const values = { ...after, prefix, dobFrom, dobTo, limit };
      const statement = preparePage(selection, after !== undefined);
      return shared(statementName(selection, after !== undefined) + JSON.stringify(values), () =>
        statement.execute(values),
      );
    },

    /** Changes the given members. Without any it writes nothing, and checks only the precondition. */
    async update(
      id: string,
      changes: { [K in keyof CustomerFields]?: string | undefined },
      { expected = null, unexpected = null, isNew }: Partial<Precondition> = {},
    ) {
      if (isNew) return undefined;
      if (changes.name === undefined && changes.dob === undefined) {
        const customer = await this.find(id);
        const version = String(customer?.version);
        const isTarget = (expected?.includes(version) ?? true) && !unexpected?.includes(version);
        return isTarget ? customer : undefined;
      }
      return (
        await update.execute({
          id,
          name: changes.name ?? null,
          dob: changes.dob ?? null,
          expected,
          unexpected,
        })
      )[0];
    },

    async remove(id: string, { expected = null, unexpected = null, isNew }: Partial<Precondition> = {}) {
      return !isNew && (await remove.execute({ id, expected, unexpected })).length > 0;
    },
  };
}
