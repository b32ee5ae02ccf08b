import { createRequire } from 'node:module';

/** The version in package.json, which the label of the image has too. */
export const { version: VERSION }: { version: string } = createRequire(import.meta.url)('../package.json');

export const DESCRIPTION = `Stores customers: each has a name and a date of birth.

Every request needs an access token with the scope \`customers:read\` or \`customers:write\`. Press **Authorize** and sign in, or get a token from \`POST /auth/login\` and send it as \`Authorization: Bearer …\`. It is valid for ten minutes.

Errors are problem documents (RFC 9457, \`application/problem+json\`) with a \`code\` for programs. Dates are \`YYYY-MM-DD\`, times are UTC (RFC 3339). A body has at most 16 KiB, a file 128 MiB. While a store is away, you get 503 with \`Retry-After\`. On any route the gateway may answer in the same form: 429 with \`Retry-After\` if it gets too many requests from your address, 431 if your headers are too large.

Make a write conditional with \`If-Match\`, and a \`POST /customers\` safe to repeat with \`Idempotency-Key\`.`;

export const TAGS = [
  { name: 'customers', description: 'Single customers, and lists' },
  { name: 'transfers', description: 'Import and export of CSV and NDJSON files' },
  { name: 'discovery', description: 'Metadata for clients that know only the address of this API' },
];
