import { createHash } from 'node:crypto';
import { type Selection, SORTS } from './selection.ts';

const VERSION = 1;
const DIGEST_BYTES = 9;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** The position of the last row of a page. The next page continues after it, also if that row is deleted by then. */
export interface Position {
  /** The value of the sort column, as text. */
  key: string;
  id: string;
}

/** Returns a text that is opaque to clients, and valid only for a list of the same order and filters. */
export function encodeCursor(selection: Selection, { key, id }: Position): string {
  return Buffer.from(JSON.stringify([VERSION, digestOf(selection), key, id])).toString('base64url');
}

/** Returns undefined unless `encodeCursor` made the cursor for this selection. */
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
  if (typeof key !== 'string' || !SORTS[selection.sort].isKey(key)) return undefined;
  if (typeof id !== 'string' || !UUID.test(id)) return undefined;
  const position = { key, id };
  return encodeCursor(selection, position) === cursor ? position : undefined;
}

function digestOf({ sort, descending, name, dobFrom, dobTo }: Selection): string {
  const content = JSON.stringify([sort, descending, name ?? null, dobFrom ?? null, dobTo ?? null]);
  return createHash('sha256').update(content).digest().subarray(0, DIGEST_BYTES).toString('base64url');
}
