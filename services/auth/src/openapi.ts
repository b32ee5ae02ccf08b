import { createRequire } from 'node:module';

/** The version in package.json, which is also the version of the image. */
export const { version: VERSION }: { version: string } = createRequire(import.meta.url)('../package.json');

export const DESCRIPTION = `Signs users in, and publishes the keys that verify their tokens.

Access tokens are JWTs (RFC 9068, ES256) and live ten minutes. A refresh token works once: each use returns its successor, and a used token that comes back ends its session. You get both tokens from \`POST /auth/login\`, or as an OAuth 2.0 client with a code and PKCE: start at \`/.well-known/oauth-authorization-server\`. On this page, press **Authorize**.

Errors are problem documents (RFC 9457, \`application/problem+json\`) with a \`code\` for programs; below \`/oauth\` they have the form of RFC 6749 §5.2. Times are UTC (RFC 3339). While a store is away, you get 503 with \`Retry-After\`. On any route the gateway may refuse a request in the same form: 429 with \`Retry-After\` if your address sends too many requests, 431 if the headers are too large.`;

export const TAGS = [
  { name: 'sessions', description: 'Sign in, refresh, sign out' },
  { name: 'account', description: 'Your account' },
  {
    name: 'oauth',
    description: 'Endpoints for standard OAuth 2.0 clients (RFC 6749, 7009, 7636, 7662, 8414, 8707, 9207)',
  },
  { name: 'users', description: 'All accounts; you need the scope `users:admin`' },
  { name: 'audit', description: 'Security events; you need the scope `users:admin`' },
  { name: 'keys', description: 'Public keys for services that verify tokens (RFC 7517)' },
];
