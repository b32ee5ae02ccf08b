import { MEMBER_NAMES, REQUIRED_NAMES } from '../customers/members.ts';

/** The columns of a CSV file and the members of an NDJSON line, in the order of an export. */
export const COLUMNS = ['id', ...MEMBER_NAMES, 'updated_at'] as const;
export type Column = (typeof COLUMNS)[number];

/** An import requires these columns, and fills in the others where they are missing. */
export const REQUIRED_COLUMNS: readonly Column[] = REQUIRED_NAMES;
