import { and, asc, desc, gte, lte, type SQL, sql } from 'drizzle-orm';
import { customers } from '../db/schema.ts';

/** The filters and the order of a list. */
export interface Selection {
  sort: SortKey;
  descending: boolean;
  /** A prefix of the name, in any case. */
  name: string | undefined;
  dobFrom: string | undefined;
  dobTo: string | undefined;
}

export type SortKey = 'dob' | 'name' | 'updated_at';

/** Must be the expressions of the indexes. */
const lowerName = sql`lower(${customers.name}) COLLATE "C"`;
const EXPRESSIONS: Record<SortKey, SQL> = {
  dob: sql`${customers.dob}`,
  name: lowerName,
  updated_at: sql`${customers.updatedAt}`,
};
const KEYS: Record<SortKey, SQL> = {
  dob: sql`${sql.placeholder('key')}::date`,
  name: sql`lower(${sql.placeholder('key')}) COLLATE "C"`,
  updated_at: sql`${sql.placeholder('key')}::timestamptz`,
};

export function orderOf({ sort, descending }: Selection): SQL[] {
  const order = descending ? desc : asc;
  return [order(EXPRESSIONS[sort]), order(customers.id)];
}

/** Returns the condition of a list. Its placeholders are those it needs of key, id, prefix, dobFrom and dobTo. */
export function conditionOf(selection: Selection, isContinued: boolean): SQL | undefined {
  const { sort, descending, name, dobFrom, dobTo } = selection;
  const after = descending ? sql`<` : sql`>`;
  const prefix = sql`lower(${sql.placeholder('prefix')})`;
  return and(
    isContinued
      ? sql`(${EXPRESSIONS[sort]}, ${customers.id}) ${after} (${KEYS[sort]}, ${sql.placeholder('id')}::uuid)`
      : undefined,
    // PostgreSQL can use an index for a range also if the prefix is a parameter; as many U+10FFFF as a name can have
    // characters sort behind every continuation of the prefix
    name === undefined ? undefined : sql`${lowerName} >= ${prefix} COLLATE "C"`,
    name === undefined
      ? undefined
      : sql`${lowerName} <= (${prefix} || repeat(chr(1114111), 255)) COLLATE "C"`,
    dobFrom === undefined ? undefined : gte(customers.dob, sql.placeholder('dobFrom')),
    dobTo === undefined ? undefined : lte(customers.dob, sql.placeholder('dobTo')),
  );
}

/** Returns the name of the prepared statement: selections with the same name differ in parameters alone. */
export function statementName(
  { sort, descending, name, dobFrom, dobTo }: Selection,
  isContinued: boolean,
): string {
  return [
    'list_customers',
    sort,
    descending ? 'desc' : 'asc',
    ...(name === undefined ? [] : ['name']),
    ...(dobFrom === undefined ? [] : ['from']),
    ...(dobTo === undefined ? [] : ['to']),
    ...(isContinued ? ['after'] : []),
  ].join('_');
}
