import { isWithin, mintClaims, mintKey, waitFor } from '@pair/test-kit';
import type { LightMyRequestResponse } from 'fastify';
import t, { type Test } from 'tap';
import { type GuardedProcess, guardedProcess, ready } from './support/guarded-process.ts';
import { redisOfAuth } from './support/redis-of-auth.ts';

const statusOf = async (response: Promise<LightMyRequestResponse>) => (await response).statusCode;

async function isUnavailable(t: Test, response: Promise<LightMyRequestResponse>, name: string) {
  const { statusCode, headers, body } = await response;
  t.match(
    { statusCode, headers, body: JSON.parse(body) },
    { statusCode: 503, headers: { 'retry-after': '1' }, body: { code: 'unavailable' } },
    name,
  );
  t.notOk(headers['www-authenticate'], `${name}: the answer does not blame the token`);
}

t.test('a cached token is refused within a second of a revocation', async (t) => {
  const guarded = await guardedProcess(t);
  const { redis, key, send } = guarded;
  await ready(guarded);

  for (const kind of ['sid', 'jti'] as const) {
    await t.test(`of its ${kind}`, async (t) => {
      const claims = mintClaims();
      const [token, other] = await Promise.all([key.sign(claims), key.sign(mintClaims())]);
      t.equal(await statusOf(send(token)), 200);
      await redis.revoke(kind, claims[kind]);
      await waitFor(async () => (await send(token)).statusCode === 401, 1_000);
      t.match((await send(token)).headers['www-authenticate'], /^Bearer error="invalid_token"/);
      t.equal(await statusOf(send(other)), 200, 'other tokens stay valid');
    });
  }
  await t.test('of its key', async (t) => {
    const token = await key.sign(mintClaims());
    t.equal(await statusOf(send(token)), 200);
    await redis.revoke('kid', key.kid);
    await waitFor(async () => (await send(token)).statusCode === 401, 1_000);
    t.equal(await statusOf(send(await key.sign(mintClaims()))), 401, 'a new token of the key is refused too');
  });
});

t.test('a token that was revoked before this process started is refused at its first request', async (t) => {
  const redis = await redisOfAuth(t);
  const claims = mintClaims();
  await redis.revoke('sid', claims.sid);
  const guarded = await guardedProcess(t, { redis });
  await ready(guarded);
  t.equal(await statusOf(guarded.send(await guarded.key.sign(claims))), 401);
});

t.test('a cached token is refused from the second in which it expires', async (t) => {
  const guarded = await guardedProcess(t);
  await ready(guarded);
  const claims = mintClaims();
  const token = await guarded.key.sign(claims);
  let nowMs = claims.iat * 1_000;
  t.intercept(Date, 'now', { value: () => nowMs });
  t.equal(await statusOf(guarded.send(token)), 200);
  nowMs = claims.exp * 1_000 - 1;
  t.equal(await statusOf(guarded.send(token)), 200);
  nowMs = claims.exp * 1_000;
  t.equal(await statusOf(guarded.send(token)), 401);
});

t.test('a cached token is refused once its key has left the key set', async (t) => {
  const guarded = await guardedProcess(t);
  const { jwks, key, send } = guarded;
  await ready(guarded);
  const token = await key.sign(mintClaims());
  t.equal(await statusOf(send(token)), 200);
  const successor = await mintKey();
  jwks.keys = [successor];
  t.equal(
    await statusOf(send(await successor.sign(mintClaims()))),
    200,
    'the token of an unknown key makes the process fetch the set',
  );
  t.equal(await statusOf(send(token)), 401);
});

t.test('without keys the answer is 503, to a cached token too', async (t) => {
  const guarded = await guardedProcess(t);
  const { jwks, key, clock, send } = guarded;
  await ready(guarded);
  const token = await key.sign(mintClaims());
  t.equal(await statusOf(send(token)), 200);
  await jwks.stop();
  clock.aheadMs += 3_600_000;
  await waitFor(() => guarded.feed.isFresh());
  await isUnavailable(t, send(token), 'a cached token');
  await isUnavailable(t, send(await key.sign(mintClaims())), 'a new token');
});

t.test('a process that never had keys answers 503 until it can fetch them', async (t) => {
  const guarded = await guardedProcess(t, { keysAway: true });
  const { jwks, key, feed, send, app } = guarded;
  await waitFor(() => feed.isFresh());
  const token = await key.sign(mintClaims());
  await isUnavailable(t, send(token), 'a token that may be valid');
  t.equal(await statusOf(app.inject('/')), 401, 'a request without a token needs no key');
  await jwks.start();
  await waitFor(async () => (await send(token)).statusCode === 200);
});

t.test('a flood of tokens with unknown keys causes one fetch', async (t) => {
  const guarded = await guardedProcess(t);
  const { jwks, key, send } = guarded;
  await ready(guarded);
  const { requests } = jwks;
  const tokens = await Promise.all(
    Array.from({ length: 1_000 }, (_, i) => key.sign(mintClaims(), { kid: `unknown-${i}` })),
  );
  const statuses = await Promise.all(tokens.map((token) => statusOf(send(token))));
  t.ok(statuses.every((status) => status === 401));
  t.equal(jwks.requests, requests + 1);
});

for (const { name, away, back } of [
  {
    name: 'silent',
    away: async ({ redis }: GuardedProcess) => redis.server.pause(),
    back: async ({ redis }: GuardedProcess) => redis.server.resume(),
  },
  {
    name: 'away',
    away: ({ redis }: GuardedProcess) => redis.server.stop(),
    back: ({ redis }: GuardedProcess) => redis.server.start(),
  },
]) {
  t.test(
    `while Redis is ${name} a token is accepted for the configured time, then the answer is 503`,
    async (t) => {
      const guarded = await guardedProcess(t, { maxStalenessSeconds: 30 });
      const { key, clock, send } = guarded;
      await ready(guarded);
      const token = await key.sign(mintClaims());
      t.equal(await statusOf(send(token)), 200);
      await away(guarded);
      t.equal(await statusOf(send(token)), 200);
      clock.aheadMs += 20_000;
      t.equal(await statusOf(send(token)), 200, 'after 20 s');
      clock.aheadMs += 11_000;
      await isUnavailable(t, send(token), 'after 31 s');
      await isUnavailable(t, send(await key.sign(mintClaims())), 'a token that is not cached');
      await back(guarded);
      await waitFor(async () => (await send(token)).statusCode === 200);
    },
  );
}

t.test('before the first read of the feed no token is accepted', async (t) => {
  const redis = await redisOfAuth(t);
  await redis.server.stop();
  const guarded = await guardedProcess(t, { redis });
  await waitFor(() => guarded.keys.has(guarded.key.kid));
  const token = await guarded.key.sign(mintClaims());
  await isUnavailable(t, guarded.send(token), 'Redis is away');
  await redis.server.start();
  await waitFor(async () => (await guarded.send(token)).statusCode === 200);
});

t.test('after Redis has lost its data old tokens are 503, and 401 once a user has signed in', async (t) => {
  const guarded = await guardedProcess(t);
  const { redis, key, send, feed } = guarded;
  await ready(guarded);
  const old = await key.sign(mintClaims());
  t.equal(await statusOf(send(old)), 200);

  await redis.client.flushall();
  await waitFor(() => feed.epoch === undefined);
  await isUnavailable(t, send(old), 'before the first sign-in');

  await redis.nameEpoch('the next');
  const recent = await key.sign(mintClaims({ epoch: 'the next' }));
  t.equal(await statusOf(send(recent)), 200, 'the first new token is accepted');
  t.equal(await statusOf(send(old)), 401, 'a token from before is refused');
});

t.test('the very first token of an empty Redis is accepted at once', async (t) => {
  const redis = await redisOfAuth(t, { epoch: null });
  const guarded = await guardedProcess(t, { redis });
  await ready(guarded);
  await redis.nameEpoch('the first');
  t.equal(await statusOf(guarded.send(await guarded.key.sign(mintClaims({ epoch: 'the first' })))), 200);
});

t.test('while Redis is silent a token of an unknown epoch is 503 within a second', async (t) => {
  const guarded = await guardedProcess(t);
  const { redis, key, send } = guarded;
  await ready(guarded);
  redis.server.pause();
  const started = performance.now();
  await isUnavailable(t, send(await key.sign(mintClaims({ epoch: 'another' }))), 'another epoch');
  t.ok(isWithin(performance.now() - started, 1_000));
  redis.server.resume();
});
