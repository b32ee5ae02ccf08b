import { createRequire } from 'node:module';

/** The version in package.json, which the image has too. */
export const { version: VERSION }: { version: string } = createRequire(import.meta.url)('../package.json');

export const DESCRIPTION = `Keeps customers: a name and a date of birth each.

Every request needs an access token with the scope \`customers:read\` or \`customers:write\`. Press **Authorize** and sign in, or get one from \`POST /auth/login\` and send it as \`Authorization: Bearer …\`. It lives ten minutes.

Errors are problem documents (RFC 9457, \`application/problem+json\`) with a \`code\` for programs. Dates are \`YYYY-MM-DD\`, times are UTC (RFC 3339). Bodies have up to 16 KiB, files 128 MiB. A store that is away is 503 with \`Retry-After\`. The gateway refuses in the same form, on any route: 429 with \`Retry-After\` when too much comes from one address, 431 when headers are too large.

Writes can be made conditional with \`If-Match\`, and \`POST /customers\` safe to repeat with \`Idempotency-Key\`.`;

export const TAGS = [
  { name: 'customers', description: 'One by one, and in lists' },
  { name: 'transfers', description: 'Whole files in and out, CSV or NDJSON' },
  { name: 'discovery', description: 'For clients that know nothing yet' },
];
