import { OperatorError } from '@pair/service-kit';
import { sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { EVENT_COLUMNS } from './schema.ts';

/** All rights that the service needs. UPDATE also permits a lock on signing_keys, and SELECT … FOR SHARE of a row. */
const RIGHTS = [
  'SELECT, INSERT, UPDATE ON signing_keys',
  'SELECT, INSERT, UPDATE, DELETE ON users, clients',
  `SELECT, INSERT (${EVENT_COLUMNS.join(', ')}) ON security_events`,
  'EXECUTE ON FUNCTION remove_old_security_events(), remove_gone_signing_keys()',
];

/**
 * Grants a role the rights that the service needs, and revokes all others. An attacker who has taken over the service can
 * then add audit events, but can neither change nor remove an event, nor disable the trigger that protects them. Safe to
 * repeat.
 *
 * @param db a transaction
 * @throws {OperatorError} when the role does not exist, or is the role of the migration
 */
export async function grantServiceRights(db: NodePgDatabase, role: string): Promise<void> {
  // two concurrent jobs would change the same rows of the catalog, and PostgreSQL would refuse one
  await db.execute(sql`SELECT pg_advisory_xact_lock(hashtext('rights'))`);
  const { rows } = await db.execute<{ isOwner: boolean; exists: boolean }>(
    sql`SELECT current_user = ${role} AS "isOwner", EXISTS (SELECT FROM pg_roles WHERE rolname = ${role}) AS "exists"`,
  );
  if (rows[0]?.isOwner) {
    throw new OperatorError(
      `SERVICE_ROLE "${role}" is the role of DATABASE_URL too: give DATABASE_URL the role that owns the tables, or leave SERVICE_ROLE out.`,
    );
  }
  if (!rows[0]?.exists) {
    throw new OperatorError(
      `There is no role "${role}", which SERVICE_ROLE names: create it, or leave SERVICE_ROLE out.`,
    );
  }
  const grantee = sql.identifier(role);
  await db.execute(sql`GRANT USAGE ON SCHEMA public TO ${grantee}`);
  await db.execute(sql`REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${grantee}`);
  for (const rights of RIGHTS) await db.execute(sql`GRANT ${sql.raw(rights)} TO ${grantee}`);
}
