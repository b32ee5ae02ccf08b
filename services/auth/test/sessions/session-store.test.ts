import { testRedis, waitFor } from '@pair/test-kit';
import { Redis } from 'ioredis';
import t from 'tap';
import { redisClock } from '../../src/sessions/redis-clock.ts';
import { decodeRefreshToken, type RefreshToken } from '../../src/sessions/refresh-token.ts';
import { createSessionStore } from '../../src/sessions/session-store.ts';

const DAY_MS = 24 * 3_600_000;
const server = await testRedis(t);
const redis = new Redis(server.url);
const clock = redisClock(redis);
t.teardown(() => {
  clock.stop();
  redis.disconnect();
});
await clock.measure();
let elapsedMs = 0;
const store = createSessionStore(redis, clock, () => clock.now() + elapsedMs);
t.beforeEach(() => {
  elapsedMs = 0;
});

t.test('a session that was not used for seven days is over', async (t) => {
  const { refreshToken } = await store.create('user', 'client');
  elapsedMs = 7 * DAY_MS;
  t.match(await store.rotate(token(refreshToken), 'client'), { outcome: 'unknown' });
});

t.test('a session that is used is over after 30 days, however often it was rotated', async (t) => {
  let { refreshToken } = await store.create('user', 'client');
  for (let day = 6; day < 30; day += 6) {
    elapsedMs = day * DAY_MS;
    const rotation = await store.rotate(token(refreshToken), 'client');
    if (rotation.outcome !== 'rotated') return t.fail(`day ${day}: ${rotation.outcome}`);
    refreshToken = rotation.refreshToken;
  }
  elapsedMs = 30 * DAY_MS - 60_000;
  const last = await store.rotate(token(refreshToken), 'client');
  if (last.outcome !== 'rotated') return t.fail(last.outcome);
  elapsedMs = 30 * DAY_MS;
  t.match(await store.rotate(token(last.refreshToken), 'client'), { outcome: 'unknown' });
});

t.test('another client cannot use the token, and does no harm by trying', async (t) => {
  const { refreshToken } = await store.create('user', 'client');
  t.match(await store.rotate(token(refreshToken), 'another'), { outcome: 'unknown' });
  t.match(await store.rotate(token(refreshToken), 'client'), { outcome: 'rotated' });
});

t.test('ending a session is announced once, however often it is ended', async (t) => {
  const { sid } = await store.create('user', 'client');
  await Promise.all([store.end(sid), store.end(sid), store.end(sid)]);
  const entries = await announcements();
  t.equal(entries.filter(([kind, id]) => kind === 'sid' && id === sid).length, 1);
});

t.test('an announcement says until when a token of the session could have lived', async (t) => {
  const { sid } = await store.create('user', 'client');
  const before = clock.now() / 1_000;
  await store.end(sid);
  const entry = (await announcements()).find(([, id]) => id === sid) ?? [];
  t.equal(entry[2], 'until');
  t.ok(Number(entry[3]) >= before + 600, 'not before the last token expires');
  t.ok(Number(entry[3]) <= before + 700, 'and not much later');
});

t.test('all sessions of a user end together, and nobody else’s', async (t) => {
  const mine = await Promise.all([store.create('mine', 'client'), store.create('mine', 'client')]);
  const other = await store.create('other', 'client');
  await store.endAllOfUser('mine');
  for (const { refreshToken } of mine) {
    t.match(await store.rotate(token(refreshToken), 'client'), { outcome: 'unknown' });
  }
  t.match(await store.rotate(token(other.refreshToken), 'client'), { outcome: 'rotated' });
});

t.test('a script that Redis runs after its deadline changes nothing', async (t) => {
  const { refreshToken, sid } = await store.create('user', 'client');
  const late = createSessionStore(redis, { ...clock, now: () => clock.now() - 1_000 });
  await t.rejects(late.rotate(token(refreshToken), 'client'), /^LATE/);
  await t.rejects(late.create('user', 'client'), /^LATE/);
  await t.rejects(late.end(sid), /^LATE/);
  await t.rejects(late.endAllOfUser('user'), /^LATE/);
  t.match(await store.rotate(token(refreshToken), 'client'), { outcome: 'rotated' });
});

t.test('a full Redis refuses new sessions, and still rotates and ends the old ones', async (t) => {
  const full = await testRedis(t);
  const client = new Redis(full.url);
  t.teardown(() => client.disconnect());
  const fullClock = redisClock(client);
  t.teardown(() => fullClock.stop());
  await fullClock.measure();
  const sessions = createSessionStore(client, fullClock);
  const { refreshToken, sid } = await sessions.create('user', 'client');
  await client.config('SET', 'maxmemory', '1');
  await t.rejects(sessions.create('user', 'client'), /^OOM/);
  t.match(await sessions.rotate(token(refreshToken), 'client'), { outcome: 'rotated' });
  await sessions.end(sid);
  t.equal(await client.exists(`{auth}:session:${sid}`), 0);
});

t.test('Redis keeps no token, only hashes', async (t) => {
  const { refreshToken, sid } = await store.create('user', 'client');
  const { familySecret, nonce } = token(refreshToken);
  const kept = Object.values(await redis.hgetallBuffer(`{auth}:session:${sid}`));
  t.notOk(kept.some((value) => value.includes(familySecret) || value.includes(nonce)));
});

t.test('a session takes the same memory after a hundred rotations', async (t) => {
  let { refreshToken, sid } = await store.create('user', 'client');
  const before = await redis.memory('USAGE', `{auth}:session:${sid}`);
  for (let i = 0; i < 100; i++) {
    const rotation = await store.rotate(token(refreshToken), 'client');
    if (rotation.outcome !== 'rotated') return t.fail(rotation.outcome);
    refreshToken = rotation.refreshToken;
  }
  t.equal(await redis.memory('USAGE', `{auth}:session:${sid}`), before);
});

t.test('a Redis that lost its data gets another epoch with the next session', async (t) => {
  const one = await store.create('user', 'client');
  t.equal((await store.create('user', 'client')).epoch, one.epoch);
  await redis.flushall();
  t.not((await store.create('user', 'client')).epoch, one.epoch);
});

t.test('the clock of Redis is measured anew when Redis says that we are late', async (t) => {
  let measured = 0;
  const wrong = createSessionStore(redis, {
    ...clock,
    now: () => clock.now() - 1_000,
    measure: async () => void measured++,
  });
  await t.rejects(wrong.create('user', 'client'), /^LATE/);
  await waitFor(() => measured > 0);
  t.equal(measured, 1);
});

async function announcements(): Promise<string[][]> {
  return (await redis.xrange('{auth}:revocations', '-', '+')).map(([, fields]) => fields);
}

function token(text: string): RefreshToken {
  const decoded = decodeRefreshToken(text);
  if (decoded === undefined) throw new Error('not a refresh token');
  return decoded;
}
