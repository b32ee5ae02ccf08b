import { setTimeout as delay } from 'node:timers/promises';
import { PRODUCTION_LIMITS, rounds, waitFor } from '@pair/test-kit';
import type { FastifyInstance } from 'fastify';
import t from 'tap';
import { get, login, post, refusedWithin1s, startAuth, type Tokens } from '../support/auth-under-test.ts';
import { lossyRedis } from '../support/lossy-redis.ts';

const auth = await startAuth(t);
const { app, redis } = auth;
const [second, third] = [await auth.another(), await auth.another()];
const inspector = auth.redisClient();

const refresh = (refresh_token: string, server: FastifyInstance = app) =>
  post(server, '/auth/refresh', { refresh_token });

/** Refreshes so many times. Resolves to the newest tokens, and to all tokens that were consumed. */
async function refreshTimes(times: number): Promise<{ newest: Tokens; consumed: Tokens[] }> {
  let newest = await login(app);
  const consumed: Tokens[] = [];
  for (let i = 0; i < times; i++) {
    consumed.push(newest);
    newest = (await refresh(newest.refresh_token)).json<Tokens>();
  }
  return { newest, consumed };
}

t.test('three tabs with jitter and one lost answer in twenty lose no session', async (t) => {
  const servers = [app, second, third];
  const [tabs, count] = [3, rounds({ short: 100, long: 1_000 })];
  let newest = (await login(app)).refresh_token;
  let lost = 0;

  /** Behaves as a client: without an answer, it retries with the token that it has. */
  async function refreshAsTab(tab: number): Promise<string> {
    for (;;) {
      await delay(Math.random() * 3);
      const response = await refresh(newest, servers[(tab + lost) % servers.length]);
      if (response.statusCode !== 200) throw new Error(`the session was lost: ${response.statusCode}`);
      if (Math.random() >= 0.05) return response.json<Tokens>().refresh_token;
      lost += 1;
    }
  }

  for (let round = 0; round < count; round++) {
    const answers = await Promise.all(Array.from({ length: tabs }, (_, tab) => refreshAsTab(tab)));
    if (new Set(answers).size !== 1) return t.fail(`round ${round}: the tabs have different tokens`);
    newest = answers[0] ?? '';
  }
  t.equal((await refresh(newest)).statusCode, 200, `after ${count} rounds and ${lost} lost answers`);
});

t.test(
  'a replayed ancestor ends the session at every process: its newest refresh token and all its access tokens',
  async (t) => {
    const { newest, consumed } = await refreshTimes(3);
    const ancestor = consumed[0]?.refresh_token ?? '';
    t.match((await refresh(ancestor, second)).json(), { status: 401, code: 'invalid_grant' });
    t.equal((await refresh(newest.refresh_token, third)).statusCode, 401);
    for (const { access_token } of [...consumed, newest]) {
      for (const server of [app, second, third]) t.ok(await refusedWithin1s(server, access_token));
    }
  },
);

t.test('each of the 99 ancestors of a token that was rotated 100 times is refused', async (t) => {
  const { consumed } = await refreshTimes(100);
  const ancestors = consumed.slice(0, 99);
  const answers = await Promise.all(ancestors.map(({ refresh_token }) => refresh(refresh_token)));
  t.same(
    answers.map(({ statusCode }) => statusCode),
    Array(99).fill(401),
  );
});

t.test(
  'the end of a replayed session is on disk before the answer: a crash does not bring the session back',
  async (t) => {
    const { newest, consumed } = await refreshTimes(2);
    t.equal((await refresh(consumed[0]?.refresh_token ?? '')).statusCode, 401);
    await redis.kill();
    await redis.start();
    await waitFor(async () => (await refresh(newest.refresh_token)).statusCode === 401);
    t.ok(await refusedWithin1s(app, newest.access_token));
  },
);

t.test('a replay after a restart of auth and Redis is refused, and ends the session', async (t) => {
  const { newest, consumed } = await refreshTimes(2);
  await redis.stop();
  await redis.start();
  const restarted = await auth.another();
  t.equal((await refresh(consumed[0]?.refresh_token ?? '', restarted)).statusCode, 401);
  t.equal((await refresh(newest.refresh_token, restarted)).statusCode, 401);
  t.ok(await refusedWithin1s(restarted, newest.access_token));
});

t.test('a lost reply of Redis is 503, and the retry is not reuse: it gets the successor', async (t) => {
  const way = await lossyRedis(t, redis.port);
  const server = await auth.another({ REDIS_URL: way.url });
  const first = await login(server);
  const parent = (await refresh(first.refresh_token, server)).json<Tokens>();
  const lost = way.loseNextReply();
  t.match((await refresh(parent.refresh_token, server)).json(), { status: 503, code: 'unavailable' });
  await lost;
  await waitFor(async () => (await get(server, '/readyz')).statusCode === 200);
  const retried = await refresh(parent.refresh_token, server);
  t.equal(retried.statusCode, 200);
  t.equal((await refresh(retried.json<Tokens>().refresh_token, server)).statusCode, 200);
  t.equal((await get(server, '/auth/me', retried.json<Tokens>().access_token)).statusCode, 200);
});

t.test(
  'after an outage that outlasts the window, the retry is not reuse: the window begins again when Redis answers',
  async (t) => {
    const way = await lossyRedis(t, redis.port);
    const server = await auth.another({ REDIS_URL: way.url, REFRESH_REPLAY_WINDOW_SECONDS: 1 });
    const first = await login(server);
    const parent = (await refresh(first.refresh_token, server)).json<Tokens>();
    const lost = way.loseNextReply();
    const [response] = await Promise.all([refresh(parent.refresh_token, server), lost]);
    t.equal(response.statusCode, 503);
    way.close();
    await delay(1_200); // the test needs the window to end
    way.open();
    await waitFor(async () => (await get(server, '/readyz')).statusCode === 200);
    await waitFor(() => usedWithinAMoment(parent));
    t.equal((await refresh(parent.refresh_token, server)).statusCode, 200);
  },
);

t.test(
  'a process that has just found Redis again ends no session whose rotation may be a lost one',
  async (t) => {
    const way = await lossyRedis(t, redis.port);
    const server = await auth.another({ REDIS_URL: way.url, REFRESH_REPLAY_WINDOW_SECONDS: 1 });
    const old = await login(server);
    await refresh(old.refresh_token, server);
    const parent = await login(server);
    await delay(1_050); // the window of the other session must end
    const newest = (await refresh(parent.refresh_token, server)).json<Tokens>();
    way.close();
    await delay(1_200);
    way.open();
    await waitFor(async () => {
      await refresh(parent.refresh_token, server);
      return auth.logged().includes('Redis has just returned');
    });
    let reused = await refresh(old.refresh_token, server);
    // on a busy machine a connection may have broken before, and the outage is longer than the test made it
    await waitFor(async () => {
      if (reused.statusCode === 503) reused = await refresh(old.refresh_token, server);
      return reused.statusCode !== 503;
    });
    t.equal(reused.statusCode, 401, 'consumed long before the outage');
    t.equal((await refresh(newest.refresh_token, server)).statusCode, 200, 'the session lives');
  },
);

t.test('an outage does not revive a consumed token, whichever reply was lost', async (t) => {
  const server = await auth.another({ REFRESH_REPLAY_WINDOW_SECONDS: 1 }, PRODUCTION_LIMITS);
  const parent = await login(server);
  const newest = (await refresh(parent.refresh_token, server)).json<Tokens>();
  await delay(1_050); // the test needs the window to end
  await inspector.call('CLIENT', 'PAUSE', '500', 'WRITE');
  t.equal((await refresh(parent.refresh_token, server)).statusCode, 503);
  await waitFor(async () => (await refresh(parent.refresh_token, server)).statusCode !== 503);
  t.equal((await refresh(parent.refresh_token, server)).statusCode, 401);
  t.equal((await refresh(newest.refresh_token, server)).statusCode, 401);
});

t.test('a rotation that Redis runs only after a pause changes nothing', async (t) => {
  const server = await auth.another({ REFRESH_REPLAY_WINDOW_SECONDS: 0 }, PRODUCTION_LIMITS);
  const { refresh_token } = await login(server);
  redis.pause();
  t.equal((await refresh(refresh_token, server)).statusCode, 503);
  redis.resume();
  await waitFor(async () => (await get(server, '/readyz')).statusCode === 200);
  const response = await refresh(refresh_token, server);
  t.equal(response.statusCode, 200, 'the token was not consumed');
});

/** True if the window of the session has just begun. */
async function usedWithinAMoment({ access_token }: Tokens): Promise<boolean> {
  const { sid } = JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString());
  const usedAt = await inspector.hget(`{auth}:session:${sid}`, 'used_at');
  return Date.now() - Number(usedAt) < 500;
}
