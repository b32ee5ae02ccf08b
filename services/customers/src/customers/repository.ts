import { coalesced, type Metrics, NO_METRICS, overloadLog } from '@pair/service-kit';
import { and, desc, eq, type SQL, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { FastifyBaseLogger } from 'fastify';
import fp from 'fastify-plugin';
import type { Pool } from 'pg';
import { prepared } from '../db/prepared.ts';
import { customers } from '../db/schema.ts';
import type { Position } from './cursor.ts';
import type { Precondition } from './entity-tag.ts';
import {
  byMember,
  type CustomerFields,
  MEMBER_NAMES,
  type MemberName,
  type RequestedFields,
} from './members.ts';
import { conditionOf, orderOf, type Selection, statementName } from './selection.ts';

export type CustomersRepository = ReturnType<typeof customersRepository>;

declare module 'fastify' {
  interface FastifyInstance {
    customers: CustomersRepository;
  }
}

/** `app.customers`. */
export const customersStore = fp(
  async (app) => {
    app.decorate('customers', customersRepository(app.db, app.log, app.metrics));
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
/** The columns of a `Customer`, in the order of `customerOf`. */
export const row = {
  id: customers.id,
  ...(byMember((name) => customers[name]) as Pick<typeof customers, MemberName>),
  updated_at: updatedAt.as('updated_at'),
  version: customers.version,
};

/** Higher than every version of a deleted customer with the same id. */
export const versionOfChosenId = sql`(extract(epoch FROM clock_timestamp()) * 1000000)::bigint`;

const $id = sql.placeholder('id');
const NO_MEMBERS = byMember(() => null);

/** Matches the row of this id if its version meets the precondition: the write itself decides, not a read before. */
const isTarget = and(
  eq(customers.id, $id),
  sql`coalesce(${customers.version}::text = ANY(${sql.placeholder('expected')}::text[]), true)`,
  sql`coalesce(${customers.version}::text <> ALL(${sql.placeholder('unexpected')}::text[]), true)`,
);

/** More would hold up the other requests of the process while it reads the answer. */
const BATCH_SIZE = 250;
/** While PostgreSQL works on one batch, this process prepares the next and answers the last. */
const BATCHES_AT_ONCE = 2;

function batchSizes(metrics: Metrics): ((size: number) => void) | undefined {
  if (!metrics.isServed) return undefined;
  const histogram = metrics.histogram({
    name: 'customers_batch_size',
    help: 'Requests that one statement answers',
    buckets: [1, 2, 5, 10, 25, 50, 100, BATCH_SIZE],
  });
  return histogram.of({});
}

/** The statements on customers, prepared. A write has its precondition in its WHERE. Ids must be in lower case. */
export function customersRepository(
  db: NodePgDatabase & { $client: Pool },
  log: Pick<FastifyBaseLogger, 'warn' | 'info'>,
  metrics: Metrics = NO_METRICS,
) {
  const pool = db.$client;
  const options = {
    atOnce: BATCHES_AT_ONCE,
    batchSize: BATCH_SIZE,
    areIndependent: true,
    waitMs: pool.options.connectionTimeoutMillis,
    overload: overloadLog(log, 'requests wait too long for their batch'),
    noteBatch: batchSizes(metrics),
  };

  const insertUnnested = prepared(
    pool,
    'insert_customers',
    db
      .insert(customers)
      .values({ id: unnested('id'), ...byMember(unnested) })
      .returning(row),
  );
  const insert = coalesced(async (rows: (RequestedFields & { id: string })[]) => {
    const inserted = await insertUnnested({
      id: rows.map(({ id }) => id),
      ...byMember((name) => rows.map((row) => row[name] ?? null)),
    });
    const byId = customersById(inserted);
    return rows.map(({ id }) => byId.get(id));
  }, options);
  const insertWithin = (within: NodePgDatabase) =>
    within
      .insert(customers)
      .values({ id: $id, ...byMember(sql.placeholder) })
      .returning(row)
      .prepare('insert_customer');
  const insertNew = prepared(
    pool,
    'insert_new_customer',
    db
      .insert(customers)
      .values({ id: $id, ...byMember(sql.placeholder), version: versionOfChosenId })
      .onConflictDoNothing()
      .returning(row),
  );

  const selectOne = prepared(
    pool,
    'select_customer',
    db.select(row).from(customers).where(eq(customers.id, $id)),
  );
  const selectMany = prepared(
    pool,
    'select_customers',
    db
      .select(row)
      .from(customers)
      .where(sql`${customers.id} = ANY(${sql.placeholder('ids')}::uuid[])`),
  );
  const select = coalesced(async (ids: string[]) => {
    // PostgreSQL would plan the array of a single id each time
    const byId = customersById(await (ids.length === 1 ? selectOne({ id: ids[0] }) : selectMany({ ids })));
    return ids.map((id) => byId.get(id));
  }, options);

  /** The reads of a key return the same rows, so the first answers all. */
  const list = coalesced(
    async (reads: (() => Promise<string[][]>)[]) => {
      const rows = (await reads[0]?.())?.map(customerOf) ?? [];
      return reads.map(() => rows);
    },
    { ...options, atOnce: 1, batchSize: Number.POSITIVE_INFINITY, areIndependent: false },
  );
  const selectYoungest = prepared(
    pool,
    'select_youngest_customers',
    db
      .select(row)
      .from(customers)
      .orderBy(desc(customers.dob), desc(customers.id))
      .limit(sql.placeholder('n')),
  );
  const pages = new Map<string, ReturnType<typeof prepared>>();
  /**
   * Each combination of sort and filters has its own statement, without needless conditions: they would keep PostgreSQL from
   * using an index.
   */
  const preparePage = (name: string, selection: Selection, isContinued: boolean) =>
    prepared(
      pool,
      name,
      db
        .select(row)
        .from(customers)
        .where(conditionOf(selection, isContinued))
        .orderBy(...orderOf(selection))
        .limit(sql.placeholder('limit')),
    );

  const update = prepared(
    pool,
    'update_customer',
    db
      .update(customers)
      .set({
        ...byMember(changed),
        version: sql`${customers.version} + 1`,
        // not now(), the start of the transaction: a write that waited for another would set updated_at back
        updatedAt: sql`clock_timestamp()`,
      })
      .where(isTarget)
      .returning(row),
  );
  const remove = prepared(
    pool,
    'delete_customer',
    db.delete(customers).where(isTarget).returning({ id: customers.id }),
  );

  return {
    /** Creates a customer, in the transaction of `within` if given. */
    async create(id: string, fields: RequestedFields, within?: NodePgDatabase) {
      const created =
        within === undefined
          ? await insert('', { id, ...fields })
          : (await insertWithin(within).execute({ id, ...NO_MEMBERS, ...fields }))[0];
      if (created === undefined) throw new Error('INSERT returned no row');
      return created;
    },

    /** Creates a customer with a chosen id. Returns undefined if the id exists. */
    async createAs(id: string, fields: RequestedFields) {
      return firstOf(await insertNew({ id, ...NO_MEMBERS, ...fields }));
    },

    find(id: string) {
      return select('', id);
    },

    /** Returns the latest dates of birth first. Ties are ordered by `id`, so that the order is always the same. */
    youngest(n: number) {
      return list(`youngest ${n}`, () => selectYoungest({ n }));
    },

    /** Returns up to `limit` customers after the position. */
    page(selection: Selection, limit: number, after: Position | undefined) {
      const { name: prefix, dobFrom, dobTo } = selection;
      const values = { ...after, prefix, dobFrom, dobTo, limit };
      const name = statementName(selection, after !== undefined);
      const statement = pages.get(name) ?? preparePage(name, selection, after !== undefined);
      pages.set(name, statement);
      return list(name + JSON.stringify(values), () => statement(values));
    },

    /** Changes the given members. Without any it writes nothing, and checks only the precondition. */
    async update(
      id: string,
      changes: Partial<CustomerFields>,
      { expected = null, unexpected = null, isNew }: Partial<Precondition> = {},
    ) {
      if (isNew) return undefined;
      if (MEMBER_NAMES.every((name) => changes[name] === undefined)) {
        const customer = await this.find(id);
        const version = String(customer?.version);
        const isTarget = (expected?.includes(version) ?? true) && !unexpected?.includes(version);
        return isTarget ? customer : undefined;
      }
      const values: Record<string, unknown> = { id, expected, unexpected };
      for (const name of MEMBER_NAMES) {
        values[name] = changes[name] ?? null;
        values[`keeps_${name}`] = changes[name] === undefined;
      }
      return firstOf(await update(values));
    },

    async remove(id: string, { expected = null, unexpected = null, isNew }: Partial<Precondition> = {}) {
      return !isNew && (await remove({ id, expected, unexpected })).length > 0;
    },
  };
}

/** As many rows as the array has elements: a set in the only row of VALUES. */
function unnested(name: 'id' | MemberName): SQL {
  return sql`unnest(${sql.placeholder(name)}::${sql.raw(customers[name].getSQLType())}[])`;
}

/** The new value of a column: the given value, or the old one if the request does not change it. */
function changed(name: MemberName): SQL {
  const keeps = sql.placeholder(`keeps_${name}`);
  return sql`CASE WHEN ${keeps}::boolean THEN ${customers[name]} ELSE ${sql.placeholder(name)} END`;
}

function customerOf(columns: string[]): Customer {
  const customer: Record<string, unknown> = { id: columns[0] };
  let i = 1;
  for (const name of MEMBER_NAMES) customer[name] = columns[i++];
  customer.updated_at = columns[i++];
  customer.version = Number(columns[i]);
  return customer as unknown as Customer;
}

function firstOf([first]: string[][]): Customer | undefined {
  return first && customerOf(first);
}

/** The order of the rows means nothing. */
function customersById(rows: string[][]): Map<string, Customer> {
  const byId = new Map<string, Customer>();
  for (const texts of rows) {
    const customer = customerOf(texts);
    byId.set(customer.id, customer);
  }
  return byId;
}
