import { buildProcess, type RedisSettings, redis, type SetTimer } from '@pair/service-kit';
import { type JwksServer, jwksServer, type MintedKey, mintKey, type Teardown, waitFor } from '@pair/test-kit';
import type { FastifyInstance, FastifyPluginAsync, LightMyRequestResponse } from 'fastify';
import fp from 'fastify-plugin';
import {
  accessToken,
  asUser,
  createRemoteKeySet,
  createRevocationFeed,
  proofs,
  type RemoteKeySet,
  type RevocationFeed,
  type SubjectRate,
  usedProofs,
} from '../../src/index.ts';
import { type RedisOfAuth, redisOfAuth } from './redis-of-auth.ts';

export const ISSUER = 'http://localhost:8080';

export interface GuardedProcess {
  app: FastifyInstance;
  redis: RedisOfAuth;
  jwks: JwksServer;
  /** The published key. */
  key: MintedKey;
  keys: RemoteKeySet;
  feed: RevocationFeed;
  /** Moves the clocks of key set and feed. The expiry of tokens goes by `Date`, which it does not move. */
  clock: { aheadMs: number };
  /** GET / with this token. */
  send(token: string): Promise<LightMyRequestResponse>;
}

export interface GuardedOptions {
  redis?: RedisOfAuth;
  routes?: FastifyPluginAsync;
  maxStalenessSeconds?: number;
  subjectRate?: SubjectRate;
  cacheSize?: number;
  /** True if the process cannot fetch the keys before `jwks.start()`. */
  keysAway?: boolean;
  /** The timer of the key set. */
  setTimer?: SetTimer;
  /** The settings of the used proofs, and of `app.redis`. */
  settings?: Partial<RedisSettings> & { DPOP_REDIS_URL?: string };
  METRICS_PORT?: number;
}

/** A process that verifies access tokens, with a real Redis and keys over HTTP. `GET /` needs a token. */
export async function guardedProcess(t: Teardown, options: GuardedOptions = {}): Promise<GuardedProcess> {
  const store = options.redis ?? (await redisOfAuth(t));
  const key = await mintKey();
  const jwks = await jwksServer(t, [key]);
  if (options.keysAway) await jwks.stop();
  const clock = { aheadMs: 0 };
  const now = () => performance.now() + clock.aheadMs;
  let keys: RemoteKeySet | undefined;
  let feed: RevocationFeed | undefined;

  const service: FastifyPluginAsync = async (app) => {
    const settings = { REDIS_URL: store.server.url, ...options.settings };
    await app.register(redis, { settings, name: 'test' });
    const maxStalenessSeconds = options.maxStalenessSeconds ?? 30;
    const { setTimer, subjectRate, cacheSize } = options;
    const keySet = createRemoteKeySet({
      url: jwks.url,
      log: app.log,
      now,
      ...(setTimer === undefined ? {} : { setTimer }),
    });
    const reader = createRevocationFeed({ redis: app.redis, maxStalenessSeconds, log: app.log, now });
    keys = keySet;
    feed = reader;
    app.addHook('onReady', async () => {
      keySet.start();
      reader.start();
    });
    app.addHook('onClose', async () => {
      keySet.stop();
      reader.stop();
    });
    await app.register(
      fp(async () => void app.decorate('revocationFeed', reader), { name: 'revocation-feed' }),
    );
    await app.register(usedProofs, { name: 'test', settings });
    await app.register(proofs, { name: 'test', issuer: ISSUER });
    await app.register(accessToken, {
      issuer: ISSUER,
      audience: ISSUER,
      keys: keySet,
      ...(subjectRate === undefined ? {} : { subjectRate }),
      ...(cacheSize === undefined ? {} : { cacheSize }),
    });
    await app.register(
      asUser(async (guarded) => {
        guarded.get('/', async (request) => request.claims);
      }),
    );
    if (options.routes !== undefined) await app.register(options.routes);
  };
  const { METRICS_PORT } = options;
  const app = await buildProcess(
    {
      LOG_LEVEL: 'fatal',
      TRUSTED_PROXIES: [],
      CORS_ORIGINS: [],
      ...(METRICS_PORT !== undefined && { METRICS_PORT }),
    },
    [service],
  );
  t.teardown(() => app.close());
  await app.ready();
  if (keys === undefined || feed === undefined) throw new Error('the service was not registered');
  return {
    app,
    redis: store,
    jwks,
    key,
    keys,
    feed,
    clock,
    send: (token) => app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } }),
  };
}

/** Resolves when the process has keys and revocations. */
export function ready({ keys, feed }: GuardedProcess): Promise<void> {
  return waitFor(() => Promise.all([keys.ready(), feed.ready()]));
}
