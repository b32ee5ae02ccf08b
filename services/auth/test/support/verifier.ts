import { accessToken, authenticated, remoteKeySet, revocationFeed } from '@pair/access-token';
import { buildProcess, redis } from '@pair/service-kit';
import { waitFor } from '@pair/test-kit';
import type { FastifyPluginAsync } from 'fastify';
import type { Test } from 'tap';

export interface Verifier {
  /** Of a request with this token. */
  status(token: string): Promise<number>;
}

/** Another service that takes our tokens: keys over HTTP, revocations by the feed, as customers has them. */
export async function verifier(
  t: Test,
  options: {
    jwksUrl: string;
    redisUrl: string;
    issuer: string;
    /** Of the key set, in ms. */
    now?: () => number;
  },
): Promise<Verifier> {
  const { jwksUrl, redisUrl, issuer, now = () => performance.now() } = options;
  const service: FastifyPluginAsync = async (app) => {
    await app.register(redis, { redisUrl, name: 'verifier' });
    const keys = remoteKeySet({ url: jwksUrl, log: app.log, now });
    const feed = revocationFeed({ redis: app.redis, maxStalenessSeconds: 30, log: app.log });
    app.readinessCheck('keys', keys.ready);
    app.readinessCheck('feed', feed.ready);
    app.addHook('onReady', async () => {
      keys.start();
      feed.start();
    });
    app.addHook('onClose', async () => {
      keys.stop();
      feed.stop();
    });
    await app.register(accessToken, { issuer, audience: issuer, keys, feed });
    await app.register(
      authenticated(undefined, async (guarded) => {
        guarded.get('/', async (request) => request.accessToken);
      }),
    );
  };
  const app = await buildProcess({ LOG_LEVEL: 'fatal', TRUSTED_PROXIES: [], CORS_ORIGINS: [] }, [service]);
  t.teardown(() => app.close());
  await waitFor(async () => (await app.inject('/readyz')).statusCode === 200);
  return {
    status: async (token) =>
      (await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })).statusCode,
  };
}
