/** All scopes of access tokens (RFC 6749 §3.3), in the order in which a token lists them. */
export const SCOPES = ['customers:read', 'customers:write', 'users:admin'] as const;
/** The rights that each scope gives, for the readers of the OpenAPI documents. */
export const SCOPE_DESCRIPTIONS: Record<Scope, string> = {
  'customers:read': 'Read customers',
  'customers:write': 'Create, change and delete customers',
  'users:admin': 'Manage users',
};
export type Scope = (typeof SCOPES)[number];
