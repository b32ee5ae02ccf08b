import {
  accessToken,
  asUser,
  proofs,
  revocationFeed,
  SCOPES,
  securitySchemes,
  usedProofs,
  withScope,
} from '@pair/access-token';
import {
  databaseAddress,
  openapi,
  postgres,
  redis,
  type StoreLimits,
  validatorCompiler,
} from '@pair/service-kit';
import type { FastifyPluginAsync } from 'fastify';
import type { Redis } from 'ioredis';
import { audit } from './audit/audit.ts';
import { auditRoutes } from './audit/routes.ts';
import { auditFormats } from './audit/schemas.ts';
import { firstPartyOnly } from './clients/first-party-only.ts';
import { clients } from './clients/repository.ts';
import type { AuthConfig } from './config.ts';
import { parseSealingKeys } from './crypto/sealing-keys.ts';
import { nonceRotation } from './dpop/nonce-rotation.ts';
import { tokenProofs } from './dpop/token-proof.ts';
import { keyRing } from './keys/key-ring.ts';
import { jwksRoutes } from './keys/routes.ts';
import { readProduct } from './oauth/authorize/product.ts';
import { oauthRoutes } from './oauth/routes.ts';
import { DESCRIPTION, TAGS, VERSION } from './openapi.ts';
import { signInAttempts } from './passwords/attempts.ts';
import { passwords } from './passwords/hasher.ts';
import { clockOfRedis } from './redis/clock.ts';
import { redisNode } from './redis/node-check.ts';
import { redisReplicas } from './redis/replicas.ts';
import { ownSessionRoutes, sessionRoutes, signOutEverywhereRoute } from './sessions/routes.ts';
import { sessions } from './sessions/session-store.ts';
import { accessTokenSigner } from './tokens/access-token.ts';
import { userAdminRoutes } from './users/admin-routes.ts';
import { ownPasswordRoutes, userPasswordRoutes } from './users/password-routes.ts';
import { users } from './users/repository.ts';
import { ownUserRoutes, registrationRoutes } from './users/routes.ts';
import { userFormats } from './users/schemas.ts';

const formats = { ...userFormats, ...auditFormats };

/**
 * Returns the auth service as a plugin for `buildProcess`.
 *
 * @param options.limits the limits instead of those of production; only tests pass them
 */
export function authService(
  config: AuthConfig,
  { limits = {} }: { limits?: Partial<StoreLimits> } = {},
): FastifyPluginAsync {
  const { ISSUER: issuer, AUDIENCE: audience } = config;
  const database = databaseAddress(config);
  const sealingKeys = parseSealingKeys(config.KEY_ENCRYPTION_KEY);
  const product = readProduct(config);
  return async (app) => {
    app.setValidatorCompiler(validatorCompiler({ formats }));

    await app.register(postgres, { ...database, name: 'auth', limits });
    await app.register(redis, { settings: config, name: 'auth', check: canWrite, limits });
    await app.register(redisNode, { settings: config });
    await app.register(clockOfRedis);
    await app.register(redisReplicas, { replicas: config.REDIS_REPLICAS });
    await app.register(revocationFeed, {
      name: 'auth',
      maxStalenessSeconds: config.REVOCATION_MAX_STALENESS_SECONDS,
      replicas: config.REDIS_REPLICAS,
    });
    await app.register(nonceRotation);
    await app.register(usedProofs, {
      name: 'auth',
      settings: config,
      barrier: app.redisReplication,
      limits,
    });
    await app.register(proofs, { name: 'auth', issuer });
    await app.register(tokenProofs, { isRequired: config.REQUIRE_DPOP === 'true' });
    await app.register(keyRing, { sealingKeys });
    await app.register(accessTokenSigner, { issuer, audience });
    await app.register(clients, { issuer });
    await app.register(sessions, { replayWindowSeconds: config.REFRESH_REPLAY_WINDOW_SECONDS });
    await app.register(users);
    await app.register(passwords);
    await app.register(signInAttempts);
    await app.register(audit);
    await app.register(accessToken, {
      issuer,
      audience,
      keys: app.keyRing,
      subjectRate: { perSecond: config.SUBJECT_RATE_LIMIT, burst: config.SUBJECT_RATE_BURST },
    });

    await app.register(openapi, {
      title: 'Auth',
      description: DESCRIPTION,
      version: VERSION,
      prefix: '/docs/auth',
      securitySchemes,
      tags: TAGS,
      scopes: SCOPES,
      formats,
    });
    await app.register(sessionRoutes);
    await app.register(asUser(firstPartyOnly(signOutEverywhereRoute), { isCounted: false }));
    await app.register(asUser(firstPartyOnly(ownSessionRoutes)));
    await app.register(asUser(ownUserRoutes));
    await app.register(asUser(firstPartyOnly(ownPasswordRoutes)));
    await app.register(withScope('users:admin', userAdminRoutes));
    await app.register(withScope('users:admin', userPasswordRoutes));
    await app.register(withScope('users:admin', auditRoutes));
    await app.register(
      registrationRoutes({ open: config.REGISTRATION === 'open', scopes: config.REGISTRATION_SCOPES }),
    );
    await app.register(oauthRoutes({ issuer, audience, sealingKeys, product }));
    await app.register(jwksRoutes);
  };
}

/** Checks a write: a full Redis or a replica answers reads, but no user could sign in. */
const canWrite = (client: Redis) => client.set('{auth}:readiness', '', 'PX', 60_000);
