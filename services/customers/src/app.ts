import {
  accessToken,
  proofs,
  remoteKeys,
  revocationFeed,
  SCOPES,
  securitySchemes,
  usedProofs,
  withScope,
} from '@pair/access-token';
import {
  databaseAddress,
  hourly,
  openapi,
  postgres,
  redis,
  type StoreLimits,
  validatorCompiler,
} from '@pair/service-kit';
import type { FastifyPluginAsync } from 'fastify';
import type { CustomersConfig } from './config.ts';
import { mergePatchRoutes } from './customers/merge-patch-routes.ts';
import { readRoutes } from './customers/read-routes.ts';
import { customersStore } from './customers/repository.ts';
import { formats } from './customers/schemas.ts';
import { writeRoutes } from './customers/write-routes.ts';
import { resourceMetadataRoutes, resourceMetadataUrl } from './discovery/resource-metadata.ts';
import { removeOldKeys } from './idempotency/run-once.ts';
import { DESCRIPTION, TAGS, VERSION } from './openapi.ts';
import { exportRoutes } from './transfers/export/export-routes.ts';
import { importRoutes } from './transfers/import/import-routes.ts';

/**
 * The customers service: a plugin for `buildProcess`, with its own stores, documents and routes.
 *
 * @param options.limits in place of those of production; only tests pass any
 */
export function customersService(
  config: CustomersConfig,
  { limits = {} }: { limits?: Partial<StoreLimits> } = {},
): FastifyPluginAsync {
  const database = databaseAddress(config);
  return async (app) => {
    app.setValidatorCompiler(validatorCompiler({ formats }));
    await app.register(postgres, { ...database, name: 'customers', limits });
    await app.register(redis, { settings: config, name: 'customers', limits });
    await app.register(openapi, {
      title: 'Customers',
      description: DESCRIPTION,
      version: VERSION,
      prefix: '/docs/customers',
      securitySchemes,
      tags: TAGS,
      scopes: SCOPES,
      formats,
    });
    await app.register(remoteKeys, {
      name: 'customers',
      url: config.JWKS_URL ?? `${config.ISSUER}/.well-known/jwks.json`,
    });
    await app.register(revocationFeed, {
      name: 'customers',
      maxStalenessSeconds: config.REVOCATION_MAX_STALENESS_SECONDS,
      replicas: config.REDIS_REPLICAS,
    });
    await app.register(usedProofs, { name: 'customers', settings: config, limits });
    await app.register(proofs, { name: 'customers', issuer: config.ISSUER });
    await app.register(accessToken, {
      issuer: config.ISSUER,
      audience: config.AUDIENCE,
      keys: app.remoteKeys,
      resourceMetadata: resourceMetadataUrl(config.ISSUER),
      subjectRate: { perSecond: config.SUBJECT_RATE_LIMIT, burst: config.SUBJECT_RATE_BURST },
    });
    await app.register(customersStore);
    hourly(app, 'old idempotency keys cannot be removed', () => removeOldKeys(app.db));
    await app.register(resourceMetadataRoutes({ issuer: config.ISSUER }));
    await app.register(withScope('customers:read', readRoutes));
    await app.register(withScope('customers:write', writeRoutes));
    await app.register(withScope('customers:write', mergePatchRoutes));
    await app.register(withScope('customers:read', exportRoutes(database.directUrl)));
    await app.register(withScope('customers:write', importRoutes(database.directUrl)));
  };
}
