import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { SCOPES } from '@pair/access-token';
import { isWithin, PRODUCTION_LIMITS, type TestCluster, testCluster, waitFor } from '@pair/test-kit';
import type { FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { FIRST_PARTY } from '../../src/clients/client.ts';
import { get, login, post, startAuth, type Tokens } from '../support/auth-under-test.ts';
import { resourceServer } from '../support/resource-server.ts';

const SETTLED_MS = 25_000;
const SESSIONS = 800;
const AT_ONCE = 4;
const PAUSE_MS = 20;
/** The time for which the primary answers without its replica, before it is killed. */
const CUT_MS = 700;

/** auth, and a resource server that reads the feed as customers does. */
async function onCluster(t: Test, cluster: TestCluster, replicas: number) {
  const issuer = 'http://localhost:8080';
  const { app, within, logged } = await startAuth(
    t,
    { REDIS_URL: cluster.url, REDIS_REPLICAS: replicas, ISSUER: issuer, AUDIENCE: issuer },
    PRODUCTION_LIMITS,
  );
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const jwksUrl = `${url}/.well-known/jwks.json`;
  const verifier = await resourceServer(t, { jwksUrl, redisUrl: cluster.url, issuer, replicas });
  const origin = { address: '192.0.2.1', userAgent: 'a browser' };
  /** Begins a session as soon as that is possible. Resolves to its refresh token. */
  const begun = async () => {
    let refreshToken = '';
    await waitFor(async () => {
      const user = { id: randomUUID(), scopes: SCOPES };
      ({ refreshToken } = await within.sessions.create(user, FIRST_PARTY.id, origin));
      return true;
    }, SETTLED_MS);
    return refreshToken;
  };
  return { app, begun, logged, verifier };
}

const refresh = (app: FastifyInstance, refresh_token: string) =>
  post(app, '/auth/refresh', { refresh_token });

interface Auth {
  app: FastifyInstance;
  begun: () => Promise<string>;
}

/**
 * Refreshes and signs out, from before a fault until sessions can begin again. Resolves to the number of acknowledged sign-outs
 * that were undone. After 503 a session may have ended, and a refresh may be repeated.
 */
async function undoneBy(t: Test, { app, begun }: Auth, cluster: TestCluster, fault: () => Promise<void>) {
  await cluster.inSync();
  const tokens = await Promise.all(Array.from({ length: SESSIONS }, begun));
  const [ended, living, statuses]: [string[], string[], Set<number>] = [[], [], new Set()];
  let isOver = false;
  const load = async () => {
    for (let turn = 0; !isOver; turn++) {
      const token = tokens.pop();
      if (token === undefined) return;
      if (turn % 2 === 0) {
        const { statusCode } = await post(app, '/auth/logout', { refresh_token: token });
        statuses.add(statusCode);
        if (statusCode === 204) ended.push(token);
      } else {
        const answer = await refresh(app, token);
        statuses.add(answer.statusCode);
        living.push(answer.statusCode === 200 ? answer.json().refresh_token : token);
      }
      await delay(PAUSE_MS);
    }
  };
  const traffic = Promise.all(Array.from({ length: AT_ONCE }, load));
  await waitFor(() => ended.length >= 20);
  const start = performance.now();
  await fault();
  await begun();
  t.comment(`sessions begin again ${((performance.now() - start) / 1_000).toFixed(1)} s after the fault`);
  isOver = true;
  await traffic;

  const settled = async (token: string) => {
    let status = 503;
    await waitFor(async () => {
      status = (await refresh(app, token)).statusCode;
      return status !== 503;
    }, SETTLED_MS);
    return status;
  };
  t.strictSame(
    [...statuses].filter((status) => ![200, 204, 503].includes(status)),
    [],
  );
  const undone = (await Promise.all(ended.map(settled))).filter((status) => status !== 401).length;
  const lost = (await Promise.all(living.map(settled))).filter((status) => status !== 200).length;
  t.comment(`${ended.length} sign-outs, ${undone} undone; ${living.length} other sessions, ${lost} lost`);
  return { undone, lost };
}

async function survives(t: Test, ...[auth, cluster, fault]: [Auth, TestCluster, () => Promise<void>]) {
  t.strictSame(await undoneBy(t, auth, cluster, fault), { undone: 0, lost: 0 });
}

/** The primary goes on without its replica for a moment, and is killed. It returns when the replica has taken over. */
async function isolateAndKill(cluster: TestCluster): Promise<void> {
  const primary = await cluster.primary();
  const replica = cluster.servers.find((server) => server !== primary);
  const operator = new Redis(primary.url);
  replica?.pause();
  await operator.call('CLIENT', 'KILL', 'TYPE', 'replica');
  operator.disconnect();
  await delay(CUT_MS);
  await primary.kill();
  replica?.resume();
  await cluster.failover('TAKEOVER');
  await primary.start(); // it returns as a replica; without one nothing is acknowledged
}

t.test('without the barrier a failover of a cluster undoes sign-outs: the control', async (t) => {
  const cluster = await testCluster(t, ['--min-replicas-to-write', '0']);
  const auth = await onCluster(t, cluster, 0);
  const { undone } = await undoneBy(t, auth, cluster, () => isolateAndKill(cluster));
  t.ok(undone > 0);
});

t.test('a cluster with one shard keeps sessions and revocations, through failovers', async (t) => {
  const cluster = await testCluster(t);
  const { verifier, logged, ...auth } = await onCluster(t, cluster, 1);
  const { app } = auth;
  const revoked = async () => {
    let session: Tokens | undefined;
    await waitFor(async () => {
      session = await login(app);
      return (await verifier.status(session.access_token)) === 200;
    }, SETTLED_MS);
    const { access_token = '' } = session ?? {};
    t.equal((await post(app, '/auth/logout', undefined, access_token)).statusCode, 204);
    const start = performance.now();
    await waitFor(async () => (await verifier.status(access_token)) === 401);
    t.ok(isWithin(performance.now() - start, 1_000), 'the feed has the revocation within a second');
    return access_token;
  };
  const first = await revoked();

  await survives(t, auth, cluster, () => cluster.failover());
  await revoked();

  await survives(t, auth, cluster, () => isolateAndKill(cluster));
  await revoked();

  await survives(t, auth, cluster, async () => {
    const primary = await cluster.primary();
    primary.pause();
    await cluster.failover('TAKEOVER');
    primary.resume();
  });
  await revoked();

  t.equal(await verifier.status(first), 401, 'the first revocation holds');
  t.equal((await get(app, '/readyz')).statusCode, 200);
  t.notMatch(logged(), 'lost confirmed writes');
});

t.test('a cluster that keeps a log of its own needs no barrier', async (t) => {
  const cluster = await testCluster(t);
  const { verifier, logged, ...auth } = await onCluster(t, cluster, 0);
  await survives(t, auth, cluster, () => cluster.failover());
  await waitFor(
    async () => (await verifier.status((await login(auth.app)).access_token)) === 200,
    SETTLED_MS,
  );
  t.match(logged(), 'appendfsync of Redis is unknown', 'its append-only file says nothing');
});
