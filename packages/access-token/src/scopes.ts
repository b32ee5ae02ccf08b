/** What a token can allow (RFC 6749 §3.3), in the order in which they are written. */
export const SCOPES = ['customers:read', 'customers:write', 'users:admin'] as const;
/** For people who are about to give a client these rights. */
export const SCOPE_DESCRIPTIONS: Record<Scope, string> = {
  'customers:read': 'Read customers',
  'customers:write': 'Create, change and delete customers',
  'users:admin': 'Manage users',
};
export type Scope = (typeof SCOPES)[number];
