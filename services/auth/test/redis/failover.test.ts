import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { SCOPES } from '@pair/access-token';
import { freePort, PRODUCTION_LIMITS, rounds, testDatabase, testReplicas, waitFor } from '@pair/test-kit';
import type { FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import t from 'tap';
import { FIRST_PARTY } from '../../src/clients/client.ts';
import type { SessionStore } from '../../src/sessions/session-store.ts';
import { post, startAuth } from '../support/auth-under-test.ts';

/** A failover, and five seconds until one replica suffices. */
const LIMIT_MS = 25_000;
const SESSIONS = 800;
const AT_ONCE = 4;
const PAUSE_MS = 25;
/** The time for which the primary answers without a replica, before it is killed. */
const CUT_MS = 700;

const lab = await testReplicas(t);
const DATABASE_URL = await testDatabase(t);
const KEY_ENCRYPTION_KEY = randomBytes(32).toString('base64url');
const clients = new Map(
  lab.servers.map(({ port }) => {
    const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 100 });
    client.on('error', () => {}); // the server is killed
    t.teardown(() => client.disconnect());
    return [port, client];
  }),
);
interface Tally {
  statuses: Set<number>;
  /** The refresh tokens of sessions whose end was acknowledged. */
  ended: string[];
  /** The newest acknowledged refresh tokens of the others. */
  living: string[];
}

t.test('without the barrier a failover undoes acknowledged sign-outs: the control', async (t) => {
  const { app, sessions } = await auth(t, 0);
  const tally = await under(app, sessions, isolateAndKill);
  const { undone } = await audited(app, tally);
  t.ok(undone > 0, `${undone} of ${tally.ended.length} sign-outs are undone`);
});

t.test('with REDIS_REPLICAS=2 no failover undoes anything that was acknowledged', async (t) => {
  const { app, sessions, logged } = await auth(t, 2);
  const faults = [
    ['the primary is isolated, and killed', isolateAndKill],
    ['a planned failover', lab.failover],
    ['the primary is paused, and returns during the failover', pauseAndResume],
  ] as const;
  for (const [name, fault] of Array(rounds({ short: 1, long: 10 }))
    .fill(faults)
    .flat() as (typeof faults)[number][]) {
    const tally = await under(app, sessions, fault);
    const { undone, lost } = await audited(app, tally);
    t.comment(`${name}: ${tally.ended.length} sign-outs, ${tally.living.length} other sessions`);
    t.ok(tally.ended.length >= 20, `${name}: the test has signed out`);
    t.equal(undone, 0, `${name}: no sign-out is undone`);
    t.equal(lost, 0, `${name}: no session of another user has ended`);
    t.same(
      [...tally.statuses].filter((status) => ![200, 204, 503].includes(status)),
      [],
      name,
    );
  }
  t.notMatch(logged(), 'lost confirmed writes');

  const { refreshToken } = await begin(sessions);
  const primary = clients.get((await lab.primary()).port);
  await primary?.set('{auth}:fence', 0);
  await waitFor(async () => (await refresh(app, refreshToken)).statusCode === 401, LIMIT_MS);
  t.match(logged(), 'Redis has lost confirmed writes', 'a smaller fence ends all sessions');
  t.ok(await begun(sessions), 'and users can sign in again');
});

/**
 * Starts auth on the lab. Once it is ready, the barrier alone stands between an isolated primary and its answers, in the
 * control as in the test.
 */
async function auth(t: Parameters<typeof startAuth>[0], replicas: number) {
  const settings = { DATABASE_URL, KEY_ENCRYPTION_KEY, REDIS_URL: lab.url, REDIS_REPLICAS: replicas };
  await onAll((client) => client.config('SET', 'min-replicas-to-write', '1'));
  const { app, within, logged } = await startAuth(t, settings, PRODUCTION_LIMITS);
  await onAll((client) => client.config('SET', 'min-replicas-to-write', '0'));
  return { app, sessions: within.sessions, logged };
}

function begin(sessions: SessionStore) {
  const origin = { address: '192.0.2.1', userAgent: 'a browser' };
  return sessions.create({ id: randomUUID(), scopes: SCOPES }, FIRST_PARTY.id, origin);
}

const refresh = (app: FastifyInstance, token: string) => post(app, '/auth/refresh', { refresh_token: token });

/** Signs users out and refreshes sessions, several at once, from before a fault until all is well again. */
async function under(
  app: FastifyInstance,
  sessions: SessionStore,
  fault: () => Promise<void>,
): Promise<Tally> {
  await lab.inSync();
  const tokens = await Promise.all(Array.from({ length: SESSIONS }, () => begun(sessions)));
  const tally: Tally = { statuses: new Set(), ended: [], living: [] };
  let isOver = false;
  async function load(): Promise<void> {
    for (let turn = 0; !isOver; turn++) {
      const token = tokens.pop();
      if (token === undefined) return;
      if (turn % 2 === 0) {
        const { statusCode } = await post(app, '/auth/logout', { refresh_token: token });
        tally.statuses.add(statusCode);
        if (statusCode === 204) tally.ended.push(token);
        // after 503 the session may have ended: the test does not count it
      } else {
        const response = await refresh(app, token);
        tally.statuses.add(response.statusCode);
        tally.living.push(response.statusCode === 200 ? response.json().refresh_token : token);
      }
      await delay(PAUSE_MS);
    }
  }
  const loading = Promise.all(Array.from({ length: AT_ONCE }, load));
  await waitFor(() => tally.ended.length >= 20, LIMIT_MS);
  await fault();
  await begun(sessions);
  isOver = true;
  await loading;
  return tally;
}

/** Begins a session as soon as that is possible. */
async function begun(sessions: SessionStore): Promise<string> {
  let refreshToken = '';
  await waitFor(async () => {
    ({ refreshToken } = await begin(sessions));
    return true;
  }, LIMIT_MS);
  return refreshToken;
}

/** Counts the acknowledged sign-outs that were undone, and the other sessions that have ended. */
async function audited(app: FastifyInstance, { ended, living }: Tally) {
  const statuses = (tokens: string[]) => Promise.all(tokens.map((token) => settled(app, token)));
  const [afterEnd, others] = await Promise.all([statuses(ended), statuses(living)]);
  return {
    undone: afterEnd.filter((status) => status === 200).length,
    lost: others.filter((status) => status !== 200).length,
  };
}

/** The status of a refresh, when it is not 503. */
async function settled(app: FastifyInstance, token: string): Promise<number> {
  let status = 503;
  await waitFor(async () => {
    status = (await refresh(app, token)).statusCode;
    return status !== 503;
  }, LIMIT_MS);
  return status;
}

/** The replicas lose their primary, which goes on for a moment, and is killed. Later it returns as a replica. */
async function isolateAndKill(): Promise<void> {
  const primary = await lab.primary();
  const nowhere = await freePort();
  await onAll((client, port) => (port === primary.port ? undefined : client.replicaof('127.0.0.1', nowhere)));
  await delay(CUT_MS);
  await primary.kill();
  await waitFor(async () => (await lab.primary()).port !== primary.port, LIMIT_MS);
  const next = await lab.primary();
  await primary.start();
  const returned = clients.get(primary.port);
  await waitFor(() => returned?.replicaof('127.0.0.1', next.port));
  await returned?.config('SET', 'min-replicas-to-write', '0');
}

/** The primary returns when another one exists already, and the other replica may still follow the old one. */
async function pauseAndResume(): Promise<void> {
  const primary = await lab.primary();
  primary.pause();
  await waitFor(async () => (await lab.primary()).port !== primary.port, LIMIT_MS);
  primary.resume();
}

async function onAll(work: (client: Redis, port: number) => Promise<unknown> | undefined): Promise<void> {
  await Promise.all([...clients].map(([port, client]) => work(client, port)));
}
