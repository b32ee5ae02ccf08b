import { Problem } from '@pair/service-kit';
import type { Static } from 'typebox';
import { decodeCursor, type Position } from './cursor.ts';
import type { ListQuerySchema } from './schemas.ts';
import type { Selection, SortKey } from './selection.ts';

export type ListQuery = Static<typeof ListQuerySchema>;

const DEFAULT_LIMIT = 20;
const DEFAULT_SORT = '-dob';

export interface PageRequest {
  selection: Selection;
  limit: number;
  after: Position | undefined;
}

/** @throws {Problem} 400 for a malformed cursor, or a cursor of another list */
export function parsePageRequest(query: ListQuery): PageRequest {
  const { limit, cursor, sort = DEFAULT_SORT, name, dob_from: dobFrom, dob_to: dobTo } = query;
  const descending = sort.startsWith('-');
  const selection: Selection = {
    sort: (descending ? sort.slice(1) : sort) as SortKey,
    descending,
    name: name?.normalize('NFC'),
    dobFrom,
    dobTo,
  };
  const after = cursor === undefined ? undefined : decodeCursor(cursor, selection);
  if (cursor !== undefined && after === undefined) {
    throw invalidQuery('/cursor', 'must be the next_cursor of a page with the same sort and filters');
  }
  return { selection, limit: Number(limit ?? DEFAULT_LIMIT), after };
}

/** @throws {Problem} 400 for `n` together with another parameter: the n youngest have neither pages nor filters */
export function requireAlone(query: ListQuery): void {
  const other = Object.keys(query).find((name) => name !== 'n');
  if (other !== undefined) throw invalidQuery('/n', `cannot be used with ${other}`);
}

/** Returns a link to the next page of the same list (RFC 8288). */
export function linkToNext(query: ListQuery, cursor: string): string {
  const parameters = new URLSearchParams({ ...query, cursor });
  return `</customers?${parameters}>; rel="next"`;
}

/** Returns a 400 that names the parameter. */
export function invalidQuery(pointer: string, detail: string): Problem {
  return new Problem(400, 'invalid_request', 'The query is not valid: see errors.', {
    errors: [{ pointer, detail }],
  });
}
