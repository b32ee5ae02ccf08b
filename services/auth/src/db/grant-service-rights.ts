import { connectionSettings, inTransaction, OperatorError } from '@pair/service-kit';
import pg from 'pg';
import { EVENT_COLUMNS } from './schema.ts';

/** What the service does, and nothing else. A lock on signing_keys needs UPDATE, and so does a row that is read FOR SHARE. */
const RIGHTS = [
  'SELECT, INSERT, UPDATE ON users, signing_keys',
  'SELECT, INSERT, UPDATE, DELETE ON clients',
  `SELECT, INSERT (${EVENT_COLUMNS.join(', ')}) ON security_events`,
  'EXECUTE ON FUNCTION remove_old_security_events()',
];
const NO_SUCH_ROLE = '42704';

/**
 * Gives a role what the service needs, and takes all else from it. Whoever has taken over the service can then add to the
 * audit, and neither change nor remove what is in it, nor switch off the trigger that refuses that. Safe to repeat.
 *
 * @throws {OperatorError} when there is no such role, or when it is the role that migrates
 */
export async function grantServiceRights(options: { databaseUrl: string; role: string }): Promise<void> {
  const role = pg.escapeIdentifier(options.role);
  const pool = new pg.Pool({
    ...connectionSettings(options.databaseUrl),
    max: 1,
    connectionTimeoutMillis: 10_000,
  });
  try {
    await inTransaction(pool, async (client) => {
      // two jobs at once would change the same rows of the catalog, which is an error
      await client.query("SELECT pg_advisory_xact_lock(hashtext('rights'))");
      const { rows } = await client.query(
        'SELECT quote_ident(current_schema()) AS schema, current_user AS owner',
      );
      const { schema, owner } = rows[0];
      if (owner === options.role) {
        throw new OperatorError(
          `SERVICE_ROLE "${options.role}" is the role of DATABASE_URL too: give DATABASE_URL the role that owns the tables, or leave SERVICE_ROLE out.`,
        );
      }
      await client.query(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
      await client.query(`REVOKE ALL ON ALL TABLES IN SCHEMA ${schema} FROM ${role}`);
      for (const rights of RIGHTS) await client.query(`GRANT ${rights} TO ${role}`);
    });
  } catch (error) {
    if ((error as { code?: unknown }).code !== NO_SUCH_ROLE) throw error;
    throw new OperatorError(
      `There is no role "${options.role}", which SERVICE_ROLE names: create it, or leave SERVICE_ROLE out.`,
      { cause: error },
    );
  } finally {
    await pool.end();
  }
}
