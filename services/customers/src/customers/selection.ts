import { and, asc, desc, gte, lte, type SQL, sql } from 'drizzle-orm';
import { customers } from '../db/schema.ts';
import { isCalendarDate } from './date-of-birth.ts';
import { nameFormat } from './name.ts';
import { isTimestamp } from './timestamp.ts';

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

/** A member that lists can be sorted by. */
interface Sort {
  /** Must be the expression of an index. */
  expression: SQL;
  /** The value of the expression for the last customer of the page before. */
  key: SQL;
  /** True if PostgreSQL accepts the text as such a value. A client can forge a cursor. */
  isKey(text: string): boolean;
}

const $key = sql.placeholder('key');
const lowerName = sql`lower(${customers.name}) COLLATE "C"`;
export const SORTS: Record<SortKey, Sort> = {
  dob: { expression: sql`${customers.dob}`, key: sql`${$key}::date`, isKey: isCalendarDate },
  name: { expression: lowerName, key: sql`lower(${$key}) COLLATE "C"`, isKey: nameFormat.validate },
  updated_at: {
    expression: sql`${customers.updatedAt}`,
    key: sql`${$key}::timestamptz`,
    isKey: isTimestamp,
  },
};
export const SORT_KEYS = Object.keys(SORTS) as SortKey[];

export function orderOf({ sort, descending }: Selection): SQL[] {
  const order = descending ? desc : asc;
  return [order(SORTS[sort].expression), order(customers.id)];
}

/** Returns the condition of a list. Its placeholders are those it needs of key, id, prefix, dobFrom and dobTo. */
export function conditionOf(selection: Selection, isContinued: boolean): SQL | undefined {
  const { sort, descending, name, dobFrom, dobTo } = selection;
  const { expression, key } = SORTS[sort];
  const after = descending ? sql`<` : sql`>`;
  const prefix = sql`lower(${sql.placeholder('prefix')})`;
  return and(
    isContinued
      ? sql`(${expression}, ${customers.id}) ${after} (${key}, ${sql.placeholder('id')}::uuid)`
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
