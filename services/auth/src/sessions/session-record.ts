export const IDLE_LIMIT_MS = 7 * 24 * 3_600_000;
export const ABSOLUTE_LIMIT_MS = 30 * 24 * 3_600_000;
export const MAX_SESSIONS_OF_USER = 100;
/** Enough for a browser's; bytes, for the hash of a session stays compact in Redis only while its values are short. */
const MAX_USER_AGENT_BYTES = 192;

/** Where a request came from. */
export interface Origin {
  address: string;
  userAgent: string;
}

/** Whose a code or a refresh token is, before it is consumed. */
export interface FoundGrant {
  userId: string;
  clientId: string;
  /** That of the client when the session began: see Client. */
  registration: string | undefined;
  /** What was granted (RFC 6749 §3.3); undefined: all that the user may do, now and later. */
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
