import { sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { EVENT_COLUMNS, securityEvents } from '../db/schema.ts';

/** The kinds of security events. A refresh is not among them: such a log would show when each user was awake. */
export const SECURITY_EVENTS = [
  'sign_in',
  'sign_in_throttled',
  'sign_out',
  'sign_out_everywhere',
  'session_ended',
  'refresh_token_reused',
  'refresh_token_repeated',
  'refresh_token_without_key',
  'authorization_code_reused',
  'authorization_code_refused',
  'access_token_revoked',
  'client_refused',
  'client_added',
  'client_changed',
  'client_secret_rotated',
  'client_removed',
  'password_changed',
  'user_created',
  'user_registered',
  'user_disabled',
  'user_enabled',
  'user_deleted',
  'scopes_changed',
  'signing_key_rotated',
  'signing_key_revoked',
  'signing_key_resealed',
] as const;
export type SecurityEventName = (typeof SECURITY_EVENTS)[number];

/**
 * A security event. It never contains a password, a token, or a username as the user typed it, because users type passwords
 * there by mistake. The table in db/schema.ts explains the members.
 */
export interface SecurityEvent {
  event: SecurityEventName;
  outcome: 'succeeded' | 'refused';
  at?: Date;
  actorId?: string | undefined;
  userId?: string | undefined;
  sessionId?: string | undefined;
  clientId?: string | undefined;
  requestId?: string | undefined;
  address?: string | undefined;
  sessionAddress?: string | undefined;
  detail?: string | undefined;
}

/** Inserts all events or none. Commands wait for it; the service uses `app.audit`. */
export async function insertSecurityEvents(db: NodePgDatabase, events: SecurityEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ at = new Date(), ...event }) => ({
    at,
    event: event.event,
    outcome: event.outcome,
    actor_id: event.actorId,
    user_id: event.userId,
    session_id: event.sessionId,
    client_id: event.clientId,
    request_id: event.requestId,
    address: event.address,
    session_address: event.sessionAddress,
    detail: event.detail,
  }));
  // drizzle's insert also names `id`, a column that the service has no right to set
  const columns = sql.join(
    EVENT_COLUMNS.map((name) => sql.identifier(name)),
    sql`, `,
  );
  await db.execute(
    sql`INSERT INTO ${securityEvents} (${columns})
      SELECT ${columns} FROM jsonb_populate_recordset(NULL::${securityEvents}, ${JSON.stringify(rows)}::jsonb)`,
  );
}
