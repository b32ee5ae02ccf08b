import { type KeySource, type RevocationFeed, remoteKeySet, revocationFeed } from '@pair/access-token';
import type { FastifyInstance } from 'fastify';
import type { CustomersConfig } from './config.ts';

/** What tokens are checked against: the keys of auth over HTTP, and the revocation feed over its own Redis connection. */
export function tokenSources(
  app: FastifyInstance,
  config: CustomersConfig,
): { keys: KeySource; feed: RevocationFeed } {
  const keys = remoteKeySet({
    url: config.JWKS_URL ?? `${config.ISSUER}/.well-known/jwks.json`,
    log: app.log,
  });
  const feed = revocationFeed({
    redis: app.redis,
    maxStalenessSeconds: config.REVOCATION_MAX_STALENESS_SECONDS,
    log: app.log,
  });
  app.readinessCheck('customers: signing keys', () => keys.ready());
  app.readinessCheck('customers: revocation feed', () => feed.ready());
  // not before the process listens: auth may be in this very process
  app.addHook('onListen', async () => {
    keys.start();
    feed.start();
  });
  app.addHook('onClose', async () => {
    keys.stop();
    feed.stop();
  });
  return { keys, feed };
}
