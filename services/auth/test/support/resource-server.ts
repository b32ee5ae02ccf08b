import {
  accessToken,
  asUser,
  createRemoteKeySet,
  proofs,
  revocationFeed,
  usedProofs,
} from '@pair/access-token';
import { buildProcess, redis, type SetTimer } from '@pair/service-kit';
import { waitFor } from '@pair/test-kit';
import type { FastifyPluginAsync } from 'fastify';
import type { Test } from 'tap';

export interface ResourceServer {
  /** Resolves to the status of a request with this token. */
  status(token: string): Promise<number>;
  /** Resolves to the status of a request with this bound token, and this proof for `GET /`. */
  statusWithProof(token: string, proof: string): Promise<number>;
}

/** Starts a resource server that gets keys over HTTP and revocations from the feed, as customers does. */
export async function resourceServer(
  t: Test,
  options: {
    jwksUrl: string;
    redisUrl: string;
    issuer: string;
    replicas?: number;
    /** The clock of the key set, in ms. */
    now?: () => number;
    setTimer?: SetTimer;
  },
): Promise<ResourceServer> {
  const { jwksUrl, redisUrl, issuer, replicas, now = () => performance.now(), setTimer } = options;
  const service: FastifyPluginAsync = async (app) => {
    await app.register(redis, { settings: { REDIS_URL: redisUrl }, name: 'resource-server' });
    const keys = createRemoteKeySet({
      url: jwksUrl,
      log: app.log,
      now,
      ...(setTimer === undefined ? {} : { setTimer }),
    });
    app.readinessCheck('resource-server', 'keys', keys.ready);
    app.addHook('onReady', async () => keys.start());
    app.addHook('onClose', async () => keys.stop());
    await app.register(revocationFeed, { name: 'resource-server', maxStalenessSeconds: 30, replicas });
    await app.register(usedProofs, {
      name: 'resource-server',
      settings: { REDIS_URL: redisUrl, REDIS_REPLICAS: replicas ?? 0 },
    });
    await app.register(proofs, { name: 'resource-server', issuer });
    await app.register(accessToken, { issuer, audience: issuer, keys });
    await app.register(
      asUser(async (guarded) => {
        guarded.get('/', async (request) => request.claims);
      }),
    );
  };
  const app = await buildProcess({ LOG_LEVEL: 'fatal', TRUSTED_PROXIES: [], CORS_ORIGINS: [] }, [service]);
  t.teardown(() => app.close());
  await waitFor(async () => (await app.inject('/readyz')).statusCode === 200);
  return {
    status: async (token) =>
      (await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })).statusCode,
    statusWithProof: async (token, proof) =>
      (await app.inject({ url: '/', headers: { authorization: `DPoP ${token}`, dpop: proof } })).statusCode,
  };
}
