import { randomBytes } from 'node:crypto';
import { buildProcess, type StoreLimits } from '@pair/service-kit';
import {
  databaseSettings,
  documented,
  PATIENT_LIMITS,
  serviceRoleOf,
  type TestServer,
  testDatabase,
  testRedis,
  waitFor,
} from '@pair/test-kit';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { Redis } from 'ioredis';
import type { Test } from 'tap';
import { type AuthConfig, authService, migrateAuth } from '../../src/index.ts';

export const ADMIN = { username: 'admin', password: 'the password of the admin' };

export interface Tokens {
  access_token: string;
  token_type: string;
  expires_in: number;
  refresh_token: string;
  scope: string;
}

export interface AuthUnderTest {
  app: FastifyInstance;
  /** The scope of the service inside the app, with its decorators: a test can replace one to fail, or to wait. */
  within: FastifyInstance;
  config: AuthConfig;
  /** The database with the role that owns the tables, for changes that the service itself cannot make. */
  ownerUrl: string;
  redis: TestServer;
  /** Returns the whole log as text. */
  logged(): string;
  /** Starts another process on the same stores. Resolves as soon as it is up. */
  start(overrides?: Partial<AuthConfig>, limits?: Partial<StoreLimits>): Promise<FastifyInstance>;
  /** Starts another process on the same stores. Resolves as soon as it is ready. */
  another(overrides?: Partial<AuthConfig>, limits?: Partial<StoreLimits>): Promise<FastifyInstance>;
  redisClient(): Redis;
}

/** Migrates a database and creates the first admin. Resolves to the URL of the service, whose role owns nothing. */
export async function migrated(ownerUrl: string): Promise<string> {
  const { role, url } = serviceRoleOf(ownerUrl);
  await migrateAuth({
    DATABASE_URL: ownerUrl,
    SERVICE_ROLE: role,
    ADMIN_USERNAME: ADMIN.username,
    ADMIN_PASSWORD: ADMIN.password,
  });
  return url;
}

/**
 * Starts the service as production does, on its own stores, with the first admin. DATABASE_URL is the URL of the owner.
 *
 * @param limits PRODUCTION_LIMITS in a test with a store that is slow, silent, stopped or locked
 */
export async function startAuth(
  t: Test,
  overrides: Partial<AuthConfig> = {},
  limits: Partial<StoreLimits> = PATIENT_LIMITS,
): Promise<AuthUnderTest> {
  const [ownerUrl, redis] = await Promise.all([overrides.DATABASE_URL ?? testDatabase(t), testRedis(t)]);
  const config: AuthConfig = {
    ISSUER: 'http://localhost:8080',
    AUDIENCE: 'http://localhost:8080',
    REDIS_URL: redis.url,
    REVOCATION_MAX_STALENESS_SECONDS: 30,
    // one token stands for many users
    SUBJECT_RATE_LIMIT: 100_000,
    SUBJECT_RATE_BURST: 10_000,
    REFRESH_REPLAY_WINDOW_SECONDS: 10,
    KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    REGISTRATION: 'closed',
    REGISTRATION_SCOPES: [],
    REQUIRE_DPOP: 'false',
    ...overrides,
    DATABASE_URL: await migrated(ownerUrl),
  };
  const lines: string[] = [];
  const logStream = { write: (line: string) => void lines.push(line) };
  let within: FastifyInstance | undefined;
  const start = async (more: Partial<AuthConfig> = {}, ownLimits = limits) => {
    const given = { ...config, ...more };
    const database = await databaseSettings(t, given.DATABASE_URL, ownLimits);
    const service = authService({ ...given, ...database }, { limits: ownLimits });
    const app = await buildProcess(
      { LOG_LEVEL: 'info', TRUSTED_PROXIES: [], CORS_ORIGINS: [] },
      [
        documented(t),
        async (scope) => {
          within ??= scope;
          await service(scope, {});
        },
      ],
      { logStream },
    );
    t.teardown(() => app.close());
    await app.ready();
    return app;
  };
  const another = async (more: Partial<AuthConfig> = {}, ownLimits = limits) => {
    const app = await start(more, ownLimits);
    await waitFor(async () => (await app.inject('/readyz')).statusCode === 200);
    return app;
  };
  const app = await another();
  if (within === undefined) throw new Error('the service was not registered');
  const { sessions, revocationFeed } = within;
  // creates the epoch: otherwise the check of the very first token would have to wait for the feed
  await sessions.epoch();
  await waitFor(() => revocationFeed.epoch !== undefined);
  return {
    app,
    within,
    config,
    ownerUrl,
    redis,
    logged: () => lines.join(''),
    start,
    another,
    redisClient: () => {
      const client = new Redis(redis.url);
      client.on('error', () => {}); // the command that fails rejects
      t.teardown(() => client.disconnect());
      return client;
    },
  };
}

export function post(
  app: FastifyInstance,
  url: string,
  payload?: InjectOptions['payload'],
  token?: string,
): Promise<LightMyRequestResponse> {
  return app.inject({
    method: 'POST',
    url,
    ...(payload === undefined ? {} : { payload }),
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
  });
}

export function get(app: FastifyInstance, url: string, token?: string): Promise<LightMyRequestResponse> {
  return app.inject({
    url,
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
  });
}

export function patch(
  app: FastifyInstance,
  url: string,
  payload: object,
  token: string,
): Promise<LightMyRequestResponse> {
  return app.inject({ method: 'PATCH', url, payload, headers: { authorization: `Bearer ${token}` } });
}

export async function login(app: FastifyInstance, credentials = ADMIN): Promise<Tokens> {
  const response = await post(app, '/auth/login', credentials);
  if (response.statusCode !== 200) throw new Error(`login: ${response.statusCode} ${response.body}`);
  return response.json<Tokens>();
}

/** Creates a user with these scopes through the API. Resolves to its id and credentials. */
export async function makeUser(app: FastifyInstance, username: string, scope = '') {
  const credentials = { username, password: `the password of ${username}` };
  const { access_token } = await login(app);
  const response = await post(app, '/auth/users', { ...credentials, scope }, access_token);
  if (response.statusCode !== 201) throw new Error(`make user: ${response.statusCode} ${response.body}`);
  return { id: response.json<{ id: string }>().id, credentials };
}

/** Resolves to true if the service refuses the token within a second, as each revocation promises. */
export async function refusedWithin1s(app: FastifyInstance, token: string): Promise<boolean> {
  try {
    await waitFor(async () => (await get(app, '/auth/me', token)).statusCode === 401, 1_000);
    return true;
  } catch {
    return false;
  }
}

interface RecordedEvent {
  event: string;
  outcome: string;
  actor_id: string | null;
  client_id: string | null;
  session_id: string | null;
  detail: string | null;
}

/** Resolves to the events of a query, newest first. Waits for `count`, because events are written after the answer. */
export async function recordedEvents(
  app: FastifyInstance,
  token: string,
  query: string,
  count = 1,
): Promise<RecordedEvent[]> {
  const read = async () => (await get(app, `/auth/audit?${query}`, token)).json().items;
  await waitFor(async () => (await read()).length >= count);
  return read();
}
