import { createRequire } from 'node:module';

/** The version in package.json, which the image has too. */
export const { version: VERSION }: { version: string } = createRequire(import.meta.url)('../package.json');

export const DESCRIPTION = `Signs people in, and publishes the keys that verify their tokens.

Access tokens are JWTs (RFC 9068, ES256) that live ten minutes. Refresh tokens work once: each use gives the next one, and one that comes back ends its session. Get both by \`POST /auth/login\`, or as any OAuth 2.0 client: a code with PKCE, starting from \`/.well-known/oauth-authorization-server\`. Here, press **Authorize**.

Errors are problem documents (RFC 9457, \`application/problem+json\`) with a \`code\` for programs; below \`/oauth\` they are as RFC 6749 §5.2 has them. Times are UTC (RFC 3339). A store that is away is 503 with \`Retry-After\`. The gateway refuses in the same form, on any route: 429 with \`Retry-After\` when too much comes from one address, 431 when headers are too large.`;

export const TAGS = [
  { name: 'sessions', description: 'Sign in, refresh, sign out' },
  { name: 'account', description: 'The account of whoever is signed in' },
  { name: 'oauth', description: 'For standard OAuth 2.0 clients (RFC 6749, 7009, 7636, 7662, 8414, 9207)' },
  { name: 'users', description: 'All accounts, for the scope `users:admin`' },
  { name: 'audit', description: 'What happened, for the scope `users:admin`' },
  { name: 'keys', description: 'For whoever verifies tokens (RFC 7517)' },
];
