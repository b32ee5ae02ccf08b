import { createHash } from 'node:crypto';
import { isCalendarDate } from './date-of-birth.ts';
import { nameFormat } from './name.ts';
import type { Selection, SortKey } from './selection.ts';
import { isTimestamp } from './timestamp.ts';

const VERSION = 1;
const DIGEST_BYTES = 9;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** The last row of a page: where the next one goes on, also when that row is gone by then. */
export interface Position {
  /** Of the column that the list is sorted by, as text. */
  key: string;
  id: string;
}

/** Opaque to clients, and good for the list with this order and these filters alone. */
export function encodeCursor(selection: Selection, { key, id }: Position): string {
  return Buffer.from(JSON.stringify([VERSION, digestOf(selection), key, id])).toString('base64url');
}

/** Undefined for whatever `encodeCursor` did not make for this selection. */
export function decodeCursor(cursor: string, selection: Selection): Position | undefined {
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
  if (!Array.isArray(content) || content.length !== 4) return undefined;
  const [version, digest, key, id] = content;
  if (version !== VERSION || digest !== digestOf(selection)) return undefined;
  if (typeof key !== 'string' || !IS_KEY[selection.sort](key)) return undefined;
  if (typeof id !== 'string' || !UUID.test(id)) return undefined;
  const position = { key, id };
  return encodeCursor(selection, position) === cursor ? position : undefined;
}

/** What the database would not take is no key, whoever wrote the cursor. */
const IS_KEY: Record<SortKey, (key: string) => boolean> = {
  dob: isCalendarDate,
  name: nameFormat.validate,
  updated_at: isTimestamp,
};

function digestOf({ sort, descending, name, dobFrom, dobTo }: Selection): string {
  const content = JSON.stringify([sort, descending, name ?? null, dobFrom ?? null, dobTo ?? null]);
  return createHash('sha256').update(content).digest().subarray(0, DIGEST_BYTES).toString('base64url');
}
