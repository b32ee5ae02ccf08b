import { testRedis, waitFor } from '@pair/test-kit';
import t from 'tap';
import { createSignInAttempts } from '../../src/passwords/attempts.ts';
import { measuredRedis } from '../support/measured-redis.ts';

const MINUTE_MS = 60_000;
const server = await testRedis(t);
const { redis, clock } = await measuredRedis(t, server.url);
let elapsedMs = 0;
const start = clock.now();
const attempts = createSignInAttempts(redis, clock, () => start + elapsedMs);
const [HERE, ELSEWHERE] = ['192.0.2.1', '198.51.100.1'];
t.beforeEach(async () => {
  elapsedMs = 0;
  await redis.flushall();
});

/** Makes `count` attempts that fail. Resolves to the number of attempts that were allowed. */
async function allowed(count: number, username = 'ada', address = HERE): Promise<number> {
  const begun = await Promise.all(Array.from({ length: count }, () => attempts.begin(username, address)));
  const admitted = begun.filter((attempt) => attempt.isAllowed);
  for (const attempt of admitted) attempt.failed();
  return admitted.length;
}

t.test('ten attempts in ten minutes for one account from one address, and no more', async (t) => {
  t.equal(await allowed(50), 10);
  elapsedMs = 10 * MINUTE_MS - 1;
  t.equal(await allowed(1), 0);
  elapsedMs = 10 * MINUTE_MS;
  t.equal(await allowed(50), 10);
});

t.test('the window slides: each attempt makes room ten minutes after it was made', async (t) => {
  for (const minute of [0, 1, 2]) {
    elapsedMs = minute * MINUTE_MS;
    t.equal(await allowed(3), 3);
  }
  elapsedMs = 9 * MINUTE_MS;
  t.equal(await allowed(3), 1);
  for (const minute of [10, 11, 12]) {
    elapsedMs = minute * MINUTE_MS;
    t.equal(await allowed(50), 3, `minute ${minute}`);
  }
  elapsedMs = 19 * MINUTE_MS;
  t.equal(await allowed(50), 1);
});

t.test(
  'a refused attempt is not counted: a user who keeps trying gets in as soon as a user who waits',
  async (t) => {
    await allowed(10);
    for (let minute = 1; minute < 10; minute++) {
      elapsedMs = minute * MINUTE_MS;
      t.equal(await allowed(20), 0);
    }
    elapsedMs = 10 * MINUTE_MS;
    t.equal(await allowed(20), 10);
  },
);

t.test('a refusal says when the window has room', async (t) => {
  await allowed(3);
  elapsedMs = 4 * MINUTE_MS;
  await allowed(7);
  t.match(await attempts.begin('ada', HERE), {
    isAllowed: false,
    limit: 'account',
    retryAfterMs: 6 * MINUTE_MS,
  });
});

t.test('while pending attempts fill the window, the next retry is after a second', async (t) => {
  t.equal(await allowed(9), 9);
  const underWay = await attempts.begin('ada', HERE);
  t.match(await attempts.begin('ada', HERE), { isAllowed: false, retryAfterMs: 1_000 });
  if (underWay.isAllowed) underWay.failed();
  t.match(await attempts.begin('ada', HERE), { isAllowed: false, retryAfterMs: 10 * MINUTE_MS });
});

t.test(
  'the limit holds neither for the account from another address nor for another account from this one',
  async (t) => {
    t.equal(await allowed(11), 10);
    t.equal(await allowed(1, 'ada', ELSEWHERE), 1);
    t.equal(await allowed(1, 'grace'), 1);
  },
);

t.test('a hundred attempts in ten minutes from one address, for all accounts together', async (t) => {
  for (let account = 0; account < 99; account++) t.equal(await allowed(1, `account-${account}`), 1);
  t.equal(await allowed(10, 'another'), 1);
  t.match(await attempts.begin('one-more', HERE), {
    isAllowed: false,
    limit: 'network',
    retryAfterMs: 10 * MINUTE_MS,
  });
  t.equal(await allowed(1, 'one-more', ELSEWHERE), 1);
  elapsedMs = 10 * MINUTE_MS;
  t.equal(await allowed(10, 'one-more'), 10);
});

t.test('with both limits reached, an attempt waits for room in both windows', async (t) => {
  for (let account = 0; account < 90; account++) await allowed(1, `account-${account}`);
  elapsedMs = MINUTE_MS;
  await allowed(10);
  elapsedMs = 2 * MINUTE_MS;
  t.match(await attempts.begin('ada', HERE), { limit: 'network', retryAfterMs: 9 * MINUTE_MS });
  elapsedMs = 10 * MINUTE_MS;
  t.match(await attempts.begin('ada', HERE), { limit: 'account', retryAfterMs: MINUTE_MS });
  elapsedMs = 11 * MINUTE_MS;
  t.equal(await allowed(50), 10);
});

t.test('addresses of one IPv6 /64 share a limit, and addresses of the next /64 have their own', async (t) => {
  for (let host = 1; host <= 10; host++) t.equal(await allowed(1, 'ada', `2001:db8::${host}`), 1);
  t.equal(await allowed(1, 'ada', '2001:db8::ffff:1'), 0);
  t.equal(await allowed(1, 'ada', '2001:db8:0:1::1'), 1);
});

t.test('an attempt that is taken back leaves no trace', async (t) => {
  for (let i = 0; i < 150; i++) {
    const attempt = await attempts.begin('ada', HERE);
    if (!attempt.isAllowed) return t.fail(`attempt ${i} was refused`);
    attempt.takeBack();
  }
  await waitFor(async () => (await redis.keys('*')).length === 0);
});

t.test('taking back removes one attempt: a success does not forgive failures', async (t) => {
  const attempt = await attempts.begin('ada', HERE);
  await allowed(9);
  if (!attempt.isAllowed) return t.fail('refused');
  attempt.takeBack();
  attempt.takeBack();
  t.equal(await allowed(50), 1);
});

t.test('only the first refusal in a window is marked as the first', async (t) => {
  await allowed(10);
  const begun = await Promise.all(Array.from({ length: 20 }, () => attempts.begin('ada', HERE)));
  t.equal(begun.filter((attempt) => !attempt.isAllowed && attempt.isFirst).length, 1);
  elapsedMs = 9 * MINUTE_MS;
  t.match(await attempts.begin('ada', HERE), { isFirst: false });
  elapsedMs = 10 * MINUTE_MS;
  await allowed(10);
  t.match(await attempts.begin('ada', HERE), { isFirst: true });
});

t.test('attempts that are refused only because others are pending leave nothing behind', async (t) => {
  for (let account = 0; account < 30; account++) {
    const begun = await Promise.all(
      Array.from({ length: 15 }, () => attempts.begin(`account-${account}`, HERE)),
    );
    const refused = begun.filter((attempt) => !attempt.isAllowed);
    t.equal(refused.length, 5);
    for (const attempt of begun) if (attempt.isAllowed) attempt.takeBack();
  }
  await waitFor(async () => (await redis.keys('*')).length === 0);
});

t.test('the keys in Redis are bounded, contain no name, and expire', async (t) => {
  for (let account = 0; account < 200; account++) await allowed(20, `a-password-${account}`);
  // a key for each of ten full accounts and for the network, and beside each the note of a reported refusal
  t.ok((await redis.keys('*')).length <= 2 * (10 + 1));
  elapsedMs = 10 * MINUTE_MS;
  for (let account = 0; account < 200; account++) await allowed(1, `another-${account}`);
  const keys = await redis.keys('*');
  t.ok(keys.length <= 2 * (100 + 1), `${keys.length} keys`);
  t.equal(await redis.zcard(`{auth}:sign-in-attempts:${HERE}`), 100);
  await allowed(1, 'a-password-alone', ELSEWHERE);
  for (const key of await redis.keys('*')) {
    t.match(key, /^\{auth\}:sign-in-attempts:/);
    t.notMatch(key, /password/);
    const ttl = await redis.pttl(key);
    t.ok(ttl > 0 && ttl <= 10 * MINUTE_MS, `${key} goes after ${ttl} ms`);
  }
});

t.test('Redis counts no attempt after its deadline', async (t) => {
  const late = createSignInAttempts(redis, { ...clock, now: () => clock.now() - 1_000 });
  await t.rejects(late.begin('ada', HERE), { message: /^LATE/ });
  t.equal(await allowed(50), 10);
});

t.test('processes count together', async (t) => {
  const other = await measuredRedis(t, server.url);
  const another = createSignInAttempts(other.redis, other.clock, () => start + elapsedMs);
  const begun = await Promise.all(
    Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? attempts : another).begin('ada', HERE)),
  );
  t.equal(begun.filter(({ isAllowed }) => isAllowed).length, 10);
});
