import pg from 'pg';

/** The part of drizzle's `getTableConfig` that is compared. */
interface DeclaredTable {
  name: string;
  columns: { name: string; getSQLType(): string; notNull: boolean; hasDefault: boolean }[];
}

/** A line for each column that the code declares, in the form of {@link columnsInDatabase}. */
export function declaredColumns(tables: DeclaredTable[]): string[] {
  return tables
    .flatMap(({ name: table, columns }) =>
      columns.map((column) => {
        const type = column.getSQLType().replace(' (', '('); // PostgreSQL writes no space there
        return line(table, column.name, type, column.notNull, column.hasDefault);
      }),
    )
    .sort();
}

/** A line for each column of each table in the schema `public`, such as `users.scopes text[] not null default`. */
export async function columnsInDatabase(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query(`
      SELECT table_name, column_name, format_type(atttypid, atttypmod) AS type,
        is_nullable = 'NO' AS not_null, column_default IS NOT NULL OR is_identity = 'YES' AS has_default
      FROM information_schema.columns
      JOIN pg_attribute ON attrelid = format('%I.%I', table_schema, table_name)::regclass AND attname = column_name
      WHERE table_schema = 'public'`);
    return rows
      .map((row) => line(row.table_name, row.column_name, row.type, row.not_null, row.has_default))
      .sort();
  } finally {
    await client.end();
  }
}

function line(table: string, column: string, type: string, notNull: boolean, hasDefault: boolean): string {
  return `${table}.${column} ${type}${notNull ? ' not null' : ''}${hasDefault ? ' default' : ''}`;
}
