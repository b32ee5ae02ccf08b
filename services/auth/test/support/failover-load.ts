import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type RevocationFeed, revocationFeed, SCOPES } from '@pair/access-token';
import { buildProcess, redis } from '@pair/service-kit';
import { PRODUCTION_LIMITS, rounds, type TestReplicas, testReplicas, waitFor } from '@pair/test-kit';
import type { FastifyInstance } from 'fastify';
import type { Test } from 'tap';
import { FIRST_PARTY } from '../../src/clients/client.ts';
import { decodeRefreshToken } from '../../src/sessions/refresh-token.ts';
import type { SessionStore } from '../../src/sessions/session-store.ts';
import { post, startAuth } from './auth-under-test.ts';
import { FAR, type Fault } from './redis-faults.ts';

const LIMIT_MS = 60_000;
const TO_SIGN_OUT = rounds({ short: 400, long: 800 });
const IN_TURN = 10;
const TO_REFRESH = 60;
const AT_ONCE = 5;
const PAUSE_MS = 25;
/** The number of sign-outs before a fault. */
const BEFORE = rounds({ short: 20, long: 150 });

/** Two processes of auth and a resource server, on one primary with two replicas. */
export interface System {
  lab: TestReplicas;
  near: { app: FastifyInstance; sessions: SessionStore };
  /** FAR, which a partition leaves beside the old primary. */
  far: FastifyInstance;
  verifier: RevocationFeed;
  logged(): string;
}

export interface Report {
  statuses: Record<string, number>;
  /** The acknowledged sign-outs, and those of them that a failover has undone. */
  signedOut: number;
  undone: number;
  /** The acknowledged rotations, and the sessions whose newest token was refused. */
  rotated: number;
  lost: number;
  /** The acknowledged sign-outs that the resource server does not know. */
  unknown: number;
  /** The time from the fault until the near process refused its last request. */
  refusedMs: number;
  /** The time from the fault until both processes are ready again. */
  readyMs: number;
}

export function startLab(t: Test): Promise<TestReplicas> {
  return testReplicas(t, { users: [FAR, 'auth1', 'customers'] });
}

/** @param settings the database and the keys, which the systems of a test share */
export async function startSystem(
  t: Test,
  lab: TestReplicas,
  settings: { DATABASE_URL: string; KEY_ENCRYPTION_KEY: string; REDIS_REPLICAS: number },
): Promise<System> {
  const leading = (user: string) => ({
    REDIS_URL: lab.urlOf(user),
    REDIS_SENTINEL_USERNAME: user,
    REDIS_SENTINEL_PASSWORD: 'none',
  });
  const near = await startAuth(t, { ...settings, ...leading('auth1') }, PRODUCTION_LIMITS);
  const far = await near.another(leading(FAR));
  let feed: RevocationFeed | undefined;
  const resourceServer = await buildProcess({ LOG_LEVEL: 'fatal', TRUSTED_PROXIES: [], CORS_ORIGINS: [] }, [
    async (app) => {
      await app.register(redis, { settings: leading('customers'), name: 'customers' });
      const replicas = settings.REDIS_REPLICAS;
      await app.register(revocationFeed, { name: 'customers', maxStalenessSeconds: 30, replicas });
      feed = app.revocationFeed;
    },
  ]);
  t.teardown(() => resourceServer.close());
  await resourceServer.ready();
  if (feed === undefined) throw new Error('the feed was not registered');
  return {
    lab,
    near: { app: near.app, sessions: near.within.sessions },
    far,
    verifier: feed,
    logged: near.logged,
  };
}

/** Signs users out and refreshes sessions, several at once, from before a fault until all is well again. */
export async function underFault(system: System, fault: Fault): Promise<Report> {
  const { lab, near, far } = system;
  await waitFor(async () => lab.inSync().then(() => true), LIMIT_MS);
  const begin = () => begun(near.sessions);
  const toSignOut = await inTurns(Array.from({ length: TO_SIGN_OUT }), begin);
  const toRefresh = await inTurns(Array.from({ length: TO_REFRESH }), begin);
  const signedOut: string[] = [];
  const refused: string[] = [];
  const statuses: Record<string, number> = {};
  let rotated = 0;
  let lastRefusedAt = 0;
  let isOver = false;

  async function send(app: FastifyInstance, url: string, refresh_token: string) {
    const response = await post(app, url, { refresh_token });
    const { statusCode } = response;
    statuses[statusCode] = (statuses[statusCode] ?? 0) + 1;
    if (app === near.app && statusCode === 503) lastRefusedAt = performance.now();
    return response;
  }
  async function load(worker: number): Promise<void> {
    for (let turn = worker; !isOver; turn++) {
      const app = turn % 4 < 2 ? near.app : far;
      const tokens = turn % 2 === 0 ? toSignOut : toRefresh;
      const token = tokens.shift();
      if (token !== undefined && tokens === toSignOut) {
        const { statusCode } = await send(app, '/auth/logout', token);
        if (statusCode === 204) signedOut.push(token);
        else toSignOut.push(token); // as a client does: the session may have ended or not
      } else if (token !== undefined) {
        const response = await send(app, '/auth/refresh', token);
        if (response.statusCode === 200) {
          rotated += 1;
          toRefresh.push(response.json().refresh_token);
        } else if (response.statusCode === 503) {
          toRefresh.unshift(token); // a client repeats a refresh soon: the window of a lost answer is short
        } else refused.push(token);
      }
      await delay(PAUSE_MS);
    }
  }

  const loading = Promise.all(Array.from({ length: AT_ONCE }, (_, worker) => load(worker)));
  await waitFor(() => signedOut.length >= BEFORE, LIMIT_MS);
  const startedAt = performance.now();
  await fault(lab);
  await Promise.all([near.app, far].map(async (app) => settled(app, await begin())));
  await Promise.all([near.app, far].map(ready));
  const readyMs = performance.now() - startedAt;
  const again = signedOut.length + BEFORE / 5;
  await waitFor(() => signedOut.length >= again || toSignOut.length === 0, LIMIT_MS);
  isOver = true;
  await loading;

  const statusesOf = (tokens: string[]) => inTurns(tokens, (token) => settled(near.app, token));
  const living = await statusesOf(toRefresh);
  const ended = await statusesOf(signedOut);
  return {
    statuses,
    signedOut: signedOut.length,
    undone: ended.filter((status) => status === 200).length,
    rotated,
    lost: refused.length + living.filter((status) => status !== 200).length,
    unknown: await unknownTo(system.verifier, signedOut),
    refusedMs: Math.max(0, lastRefusedAt - startedAt),
    readyMs,
  };
}

/** Works on a few items at once: hundreds of retries would leave a busy process no time to connect again. */
async function inTurns<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  await Promise.all(
    Array.from({ length: IN_TURN }, async () => {
      for (const [i, item] of waiting) results[i] = await work(item);
    }),
  );
  return results;
}

function ready(app: FastifyInstance): Promise<void> {
  return waitFor(async () => (await app.inject('/readyz')).statusCode === 200, LIMIT_MS);
}

/** Begins a session as soon as that is possible. */
async function begun(sessions: SessionStore): Promise<string> {
  const origin = { address: '192.0.2.1', userAgent: 'a browser' };
  let refreshToken = '';
  await waitFor(async () => {
    ({ refreshToken } = await sessions.create({ id: randomUUID(), scopes: SCOPES }, FIRST_PARTY.id, origin));
    return true;
  }, LIMIT_MS);
  return refreshToken;
}

/** The status of a refresh, when it is not 503. */
async function settled(app: FastifyInstance, refresh_token: string): Promise<number> {
  let status = 503;
  await waitFor(async () => {
    status = (await post(app, '/auth/refresh', { refresh_token })).statusCode;
    return status !== 503;
  }, LIMIT_MS);
  return status;
}

/** The number of sessions that the resource server does not know as ended, once it is fresh again. */
async function unknownTo(verifier: RevocationFeed, tokens: string[]): Promise<number> {
  const count = () =>
    tokens.filter((token) => !verifier.isRevoked(decodeRefreshToken(token)?.sid ?? '')).length;
  await waitFor(() => count() === 0 && verifier.isFresh(), LIMIT_MS).catch(() => {});
  return count();
}
