import type { Redis } from 'ioredis';

export const IDLE_LIMIT_MS = 7 * 24 * 3_600_000;
export const ABSOLUTE_LIMIT_MS = 30 * 24 * 3_600_000;
export const MAX_SESSIONS_OF_USER = 100;
export const CODE_LIFETIME_MS = 60_000;
/**
 * Enough for the user agent of a browser. In bytes, because the hash of a session is compact in Redis only if its
 * values are short.
 */
const MAX_USER_AGENT_BYTES = 192;

/** The source of a request. */
export interface Origin {
  address: string;
  userAgent: string;
}

/** A session that a sign-in has begun. */
export interface BegunSession {
  sid: string;
  /**
   * True if a change of the user may have begun after the user was read and before this session. The change has then ended
   * other sessions and not this one, and may not be committed yet: read the user again.
   */
  isUserChanged: boolean;
}

/** The user of a new session, with all scopes that the user has. */
export interface SessionUser {
  id: string;
  scopes: readonly string[];
}

/** A session as its user sees it, who may end it. Times in ms since 1970. */
export interface ListedSession extends Origin {
  sid: string;
  clientId: string;
  createdAt: number;
  usedAt: number;
  /** True if its refresh tokens are bound to a key (RFC 9449 §5). */
  isBound: boolean;
}

/** The grant behind a code or a refresh token that is not consumed yet. */
export interface FoundGrant {
  userId: string;
  clientId: string;
  /** The client's registration when the session began: see Client. */
  registration: string | undefined;
  /** The granted scope (RFC 6749 §3.3). Undefined: all that the user may do, now and later. */
  scope: string | undefined;
}

export function cutUserAgent(userAgent: string): string {
  return Buffer.from(userAgent)
    .subarray(0, MAX_USER_AGENT_BYTES)
    .toString()
    .replace(/\uFFFD$/, '');
}

export function sessionKey(sid: string): string {
  return `{auth}:session:${sid}`;
}

export function indexKey(userId: string): string {
  return `{auth}:user:${userId}:sessions`;
}

/** See lua/lib/changes.lua. */
export function changedKey(userId: string): string {
  return `{auth}:user:${userId}:changed`;
}

const GRANT_FIELDS = ['user_id', 'client_id', 'registration', 'scope'] as const;
type GrantField = (typeof GRANT_FIELDS)[number];

/** `readSession` with the barrier: see `Replication`. */
export type ReadSession = <Field extends string>(
  sid: string,
  fields: readonly Field[],
) => ReturnType<typeof readSession<Field>>;

/** Reads these fields of a session, and the fields of its grant. All are null if there is no such session. */
export async function readSession<Field extends string>(
  redis: Redis,
  sid: string,
  fields: readonly Field[],
): Promise<Record<Field | GrantField, Buffer | null>> {
  const names = [...GRANT_FIELDS, ...fields];
  const values = await redis.hmgetBuffer(sessionKey(sid), ...names);
  return Object.fromEntries(names.map((name, i) => [name, values[i] ?? null])) as Record<
    Field | GrantField,
    Buffer | null
  >;
}

export function grantOf(session: Record<GrantField, Buffer | null>): FoundGrant {
  const { registration, scope } = session;
  return {
    userId: String(session.user_id),
    clientId: String(session.client_id),
    registration: registration === null ? undefined : String(registration),
    scope: scope === null ? undefined : String(scope),
  };
}
