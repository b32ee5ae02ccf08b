import { setTimeout as delay } from 'node:timers/promises';
import { isWithin, PRODUCTION_LIMITS, type TestCluster, testCluster, waitFor } from '@pair/test-kit';
import type { FastifyInstance } from 'fastify';
import t, { type Test } from 'tap';
import { get, login, post, startAuth, type Tokens } from '../support/auth-under-test.ts';
import { resourceServer } from '../support/resource-server.ts';

const SETTLED_MS = 15_000;
const SESSIONS = 40;
const PAUSE_MS = 20;

/** auth, and a resource server that reads the feed as customers does. */
async function onCluster(t: Test, cluster: TestCluster, replicas: number) {
  const issuer = 'http://localhost:8080';
  const { app, logged } = await startAuth(
    t,
    { REDIS_URL: cluster.url, REDIS_REPLICAS: replicas, ISSUER: issuer, AUDIENCE: issuer },
    PRODUCTION_LIMITS,
  );
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const jwksUrl = `${url}/.well-known/jwks.json`;
  const verifier = await resourceServer(t, { jwksUrl, redisUrl: cluster.url, issuer, replicas });
  return { app, logged, verifier };
}

const refresh = (app: FastifyInstance, { refresh_token }: Tokens) =>
  post(app, '/auth/refresh', { refresh_token });

/** The sessions that were signed out, those that go on, and the statuses of all answers. */
interface Tally {
  ended: Tokens[];
  living: Tokens[];
  statuses: Set<number>;
}

/** Refreshes and signs out in turn, from before a fault until sessions can begin again. */
async function under(
  t: Test,
  app: FastifyInstance,
  cluster: TestCluster,
  fault: () => Promise<void>,
): Promise<Tally> {
  await cluster.inSync();
  const sessions: Tokens[] = [];
  while (sessions.length < SESSIONS) sessions.push(await begun(app));
  const tally: Tally = { ended: [], living: [], statuses: new Set() };
  let isOver = false;
  const traffic = (async () => {
    for (let turn = 0; !isOver && sessions.length > 0; turn++) {
      const session = sessions.pop() as Tokens;
      const isLast = turn % 2 === 0;
      const answer = isLast
        ? await post(app, '/auth/logout', { refresh_token: session.refresh_token })
        : await refresh(app, session);
      tally.statuses.add(answer.statusCode);
      if (answer.statusCode === 503) sessions.push(session);
      else if (isLast) tally.ended.push(session);
      else tally.living.push(answer.json());
      await delay(PAUSE_MS);
    }
  })();
  await waitFor(() => tally.ended.length >= 4);
  const start = performance.now();
  await fault();
  await begun(app);
  t.comment(`sessions begin again ${((performance.now() - start) / 1_000).toFixed(1)} s after the fault`);
  isOver = true;
  await traffic;
  return tally;
}

async function begun(app: FastifyInstance): Promise<Tokens> {
  let tokens: Tokens | undefined;
  await waitFor(async () => {
    tokens = await login(app);
    return true;
  }, SETTLED_MS);
  return tokens as Tokens;
}

async function audit(t: Test, app: FastifyInstance, { ended, living, statuses }: Tally): Promise<void> {
  t.ok(ended.length > 0 && living.length > 0, `${ended.length} signed out, ${living.length} go on`);
  for (const session of ended)
    t.equal((await refresh(app, session)).statusCode, 401, 'no sign-out is undone');
  for (const session of living) t.equal((await refresh(app, session)).statusCode, 200, 'no session is lost');
  t.strictSame(
    [...statuses].filter((status) => ![200, 204, 503].includes(status)),
    [],
  );
}

t.test('a cluster with one shard keeps sessions and revocations, through failovers', async (t) => {
  const cluster = await testCluster(t);
  const { app, logged, verifier } = await onCluster(t, cluster, 1);
  const revoked = async () => {
    const session = await begun(app);
    await waitFor(async () => (await verifier.status(session.access_token)) === 200, SETTLED_MS);
    t.equal((await post(app, '/auth/logout', undefined, session.access_token)).statusCode, 204);
    const start = performance.now();
    await waitFor(async () => (await verifier.status(session.access_token)) === 401);
    t.ok(isWithin(performance.now() - start, 1_000), 'the feed has the revocation within a second');
    return session;
  };
  const before = await revoked();

  const planned = await under(t, app, cluster, () => cluster.failover());
  await audit(t, app, planned);
  await revoked();

  const killed = await under(t, app, cluster, async () => {
    const primary = await cluster.primary();
    await primary.kill();
    await cluster.failover('TAKEOVER');
    await primary.start(); // it returns as a replica; without one nothing is acknowledged
  });
  await audit(t, app, killed);
  await revoked();

  const paused = await under(t, app, cluster, async () => {
    const primary = await cluster.primary();
    primary.pause();
    await cluster.failover('TAKEOVER');
    primary.resume();
  });
  await audit(t, app, paused);
  await revoked();

  t.equal(await verifier.status(before.access_token), 401, 'the first revocation holds');
  t.equal((await get(app, '/readyz')).statusCode, 200);
  t.notMatch(logged(), 'lost confirmed writes');
});

t.test('a cluster that keeps a log of its own needs no REDIS_REPLICAS', async (t) => {
  const cluster = await testCluster(t);
  const { app, logged, verifier } = await onCluster(t, cluster, 0);
  await audit(t, app, await under(t, app, cluster, () => cluster.failover()));
  const session = await begun(app);
  await waitFor(async () => (await verifier.status(session.access_token)) === 200, SETTLED_MS);
  t.match(logged(), 'appendfsync of Redis is unknown', 'its append-only file says nothing');
});
