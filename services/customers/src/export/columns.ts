/** The columns of a CSV file and the members of an NDJSON line, in the order of an export. */
export const COLUMNS = ['id', 'name', 'dob', 'updated_at'] as const;
export type Column = (typeof COLUMNS)[number];

/** An import requires these columns, and fills in the others where they are missing. */
export const REQUIRED_COLUMNS: readonly Column[] = ['name', 'dob'];
