import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { SCOPES } from '@pair/access-token';
import { buildProcess, type StoreLimits } from '@pair/service-kit';
import {
  databaseSettings,
  documented,
  type JwksServer,
  jwksServer,
  type MintedKey,
  mintClaims,
  mintKey,
  PATIENT_LIMITS,
  type Teardown,
  testRedis,
  waitFor,
} from '@pair/test-kit';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { Redis } from 'ioredis';
import { type CustomersConfig, customersService } from '../../src/index.ts';

export interface TestService {
  app: FastifyInstance;
  /** A token with all scopes. */
  token: string;
  key: MintedKey;
  /** The server of its public key. */
  jwks: JwksServer;
  log(): string;
  /** Sends a request with the token, or with another in `token`, or null for none. Sends an object as JSON. */
  send(method: Method, url: string, more?: More): Promise<LightMyRequestResponse>;
}

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
interface More {
  body?: unknown;
  headers?: Record<string, string>;
  token?: string | null;
}

/**
 * Builds the service with the plugins of production, on these stores and a key set of its own.
 *
 * @param limits a test with a store that is slow, silent, away or locked passes PRODUCTION_LIMITS
 */
export async function customersProcess(
  t: Teardown,
  stores: { databaseUrl: string; redisUrl?: string },
  { METRICS_PORT, ...config }: Partial<CustomersConfig> & { METRICS_PORT?: number } = {},
  limits: Partial<StoreLimits> = PATIENT_LIMITS,
): Promise<TestService> {
  const key = await mintKey();
  const jwks = await jwksServer(t, [key]);
  let log = '';
  const logStream = new Writable({
    write(chunk, _encoding, done) {
      log += chunk;
      done();
    },
  });
  const service = customersService(
    {
      ...(await databaseSettings(t, stores.databaseUrl, limits)),
      REDIS_URL: stores.redisUrl ?? (await redisWithEpoch(t)).url,
      REVOCATION_MAX_STALENESS_SECONDS: 30,
      // one token stands for many users
      SUBJECT_RATE_LIMIT: 100_000,
      SUBJECT_RATE_BURST: 10_000,
      ISSUER: 'http://localhost:8080',
      AUDIENCE: 'http://localhost:8080',
      JWKS_URL: jwks.url,
      ...config,
    },
    { limits },
  );
  const app = await buildProcess(
    {
      LOG_LEVEL: 'info',
      TRUSTED_PROXIES: [],
      CORS_ORIGINS: [],
      ...(METRICS_PORT === undefined ? {} : { METRICS_PORT }),
    },
    [documented(t), service],
    { logStream },
  );
  t.teardown(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });

  const token = await key.sign(mintClaims({ scope: SCOPES.join(' ') }));
  const send: TestService['send'] = (method, url, { body, headers = {}, token: other = token } = {}) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const options: InjectOptions = {
      method,
      url,
      headers: {
        ...(other === null ? {} : { authorization: `Bearer ${other}` }),
        ...(body === undefined ? {} : { 'content-type': type }),
        ...headers,
      },
    };
    if (body !== undefined) options.payload = isRaw(body) ? body : JSON.stringify(body);
    return app.inject(options);
  };
  return { app, token, key, jwks, send, log: () => log };
}

function isRaw(body: unknown): body is string | Buffer {
  return typeof body === 'string' || Buffer.isBuffer(body);
}

/** Resolves when the process has its keys, its feed and its stores. */
export function ready(app: FastifyInstance): Promise<void> {
  return waitFor(async () => (await app.inject('/readyz')).statusCode === 200);
}

/** A Redis with an epoch, as auth writes it: the one in the tokens of `mintClaims`. */
export async function redisWithEpoch(t: Teardown) {
  const server = await testRedis(t);
  const client = new Redis(server.url);
  await client.set('{auth}:epoch', 'test-epoch');
  client.disconnect();
  return server;
}

/** The URL of a listening process, for requests over a real socket. */
export function baseUrl({ server }: FastifyInstance): string {
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}
