/** What a token can allow (RFC 6749 §3.3), in the order in which they are written. */
export const SCOPES = ['customers:read', 'customers:write', 'users:admin'] as const;
export type Scope = (typeof SCOPES)[number];
