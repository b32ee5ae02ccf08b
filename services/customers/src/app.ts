import { accessToken, authenticated, SCOPES, securitySchemes } from '@pair/access-token';
import { hourly, openapi, postgres, redis, validatorCompiler } from '@pair/service-kit';
import { drizzle } from 'drizzle-orm/node-postgres';
import type { FastifyPluginAsync } from 'fastify';
import type { CustomersConfig } from './config.ts';
import { mergePatchRoutes } from './customers/merge-patch-routes.ts';
import { readRoutes } from './customers/read-routes.ts';
import { customersStore } from './customers/repository.ts';
import { formats } from './customers/schemas.ts';
import { writeRoutes } from './customers/write-routes.ts';
import { resourceMetadataRoutes, resourceMetadataUrl } from './discovery/resource-metadata.ts';
import { exportRoutes } from './export/export-routes.ts';
import { removeOldKeys } from './idempotency/once.ts';
import { importRoutes } from './import/import-routes.ts';
import { tokenSources } from './token-sources.ts';

const DESCRIPTION = `Keeps customers: a name and a date of birth each.

Every request needs an access token with the scope \`customers:read\` or \`customers:write\`. Press **Authorize** and sign in, or get one from \`POST /auth/login\` and send it as \`Authorization: Bearer …\`. It lives ten minutes.

Errors are problem documents (RFC 9457, \`application/problem+json\`) with a \`code\` for programs. Dates are \`YYYY-MM-DD\`, times are UTC (RFC 3339). Bodies have up to 16 KiB, files 128 MiB. A store that is away is 503 with \`Retry-After\`. The gateway refuses in the same form, on any route: 429 with \`Retry-After\` when too much comes from one address, 431 when headers are too large.

Writes can be made conditional with \`If-Match\`, and \`POST /customers\` safe to repeat with \`Idempotency-Key\`.`;

const TAGS = [
  { name: 'customers', description: 'One by one, and in lists' },
  { name: 'transfers', description: 'Whole files in and out, CSV or NDJSON' },
  { name: 'discovery', description: 'For clients that know nothing yet' },
];

/** The customers service: a plugin for `buildProcess`, with its own stores, documents and routes. */
export function customersService(config: CustomersConfig): FastifyPluginAsync {
  return async (app) => {
    app.setValidatorCompiler(validatorCompiler({ formats }));
    await app.register(postgres, { databaseUrl: config.DATABASE_URL, name: 'customers' });
    await app.register(redis, { redisUrl: config.REDIS_URL, name: 'customers' });
    await app.register(openapi, {
      title: 'Customers',
      description: DESCRIPTION,
      prefix: '/docs/customers',
      securitySchemes,
      tags: TAGS,
      scopes: SCOPES,
      formats,
    });
    await app.register(accessToken, {
      issuer: config.ISSUER,
      audience: config.AUDIENCE,
      ...tokenSources(app, config),
      resourceMetadata: resourceMetadataUrl(config.ISSUER),
    });
    await app.register(customersStore);
    hourly(app, 'old idempotency keys cannot be removed', () =>
      removeOldKeys(drizzle({ client: app.pg.pool })),
    );
    await app.register(resourceMetadataRoutes({ issuer: config.ISSUER }));
    await app.register(authenticated('customers:read', readRoutes));
    await app.register(authenticated('customers:write', writeRoutes));
    await app.register(authenticated('customers:write', mergePatchRoutes));
    await app.register(authenticated('customers:read', exportRoutes(config.DATABASE_URL)));
    await app.register(authenticated('customers:write', importRoutes(config.DATABASE_URL)));
  };
}
