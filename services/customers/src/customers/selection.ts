import { and, asc, desc, gte, lte, type SQL, sql } from 'drizzle-orm';
import { customers } from '../db/schema.ts';

/** Which customers a list has, and in which order. */
export interface Selection {
  sort: SortKey;
  descending: boolean;
  /** Prefix of the name, in any case. */
  name: string | undefined;
  dobFrom: string | undefined;
  dobTo: string | undefined;
}

export type SortKey = 'dob' | 'name' | 'updated_at';

/** As the indexes have them. */
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

/** With the placeholders key, id, prefix, dobFrom and dobTo, as far as they are needed. */
export function conditionOf(selection: Selection, isContinued: boolean): SQL | undefined {
  const { sort, descending, name, dobFrom, dobTo } = selection;
  const after = descending ? sql`<` : sql`>`;
  const prefix = sql`lower(${sql.placeholder('prefix')})`;
  return and(
    isContinued
      ? sql`(${EXPRESSIONS[sort]}, ${customers.id}) ${after} (${KEYS[sort]}, ${sql.placeholder('id')}::uuid)`
      : undefined,
    // a range, which an index can be asked for also when the prefix is a parameter; nothing that a name can go on with
    // is behind as many U+10FFFF as a name can have characters
    name === undefined ? undefined : sql`${lowerName} >= ${prefix} COLLATE "C"`,
    name === undefined
      ? undefined
      : sql`${lowerName} <= (${prefix} || repeat(chr(1114111), 255)) COLLATE "C"`,
    dobFrom === undefined ? undefined : gte(customers.dob, sql.placeholder('dobFrom')),
    dobTo === undefined ? undefined : lte(customers.dob, sql.placeholder('dobTo')),
  );
}

/** Names the statement: selections of one kind differ in parameters alone. */
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
