import { SCOPES } from '@pair/access-token';
import { testRedis } from '@pair/test-kit';
import t from 'tap';
import { decodeRefreshToken } from '../../src/sessions/refresh-token.ts';
import { createSessionStore, type Rotation } from '../../src/sessions/session-store.ts';
import { measuredRedis } from '../support/measured-redis.ts';

const server = await testRedis(t);
const { redis, clock } = await measuredRedis(t, server.url);
let elapsedMs = 0;
const start = clock.now();
const store = createSessionStore(redis, clock, { replayWindowSeconds: 10, now: () => start + elapsedMs });
const ADDRESS = '192.0.2.1';
const [KEY, OTHER_KEY] = ['k'.repeat(43), 'o'.repeat(43)];
t.beforeEach(() => {
  elapsedMs = 0;
});

const origin = (address: string) => ({ address, userAgent: 'a browser' });
const begin = (jkt?: string) => store.create({ id: 'user', scopes: SCOPES }, 'client', origin(ADDRESS), jkt);

function rotate(text: string, jkt?: string, address = ADDRESS): Promise<Rotation> {
  const token = decodeRefreshToken(text);
  if (token === undefined) throw new Error('not a refresh token');
  return store.rotate(token, {
    client: { id: 'client', registration: '', scopes: SCOPES },
    scope: undefined,
    origin: origin(address),
    jkt,
    readScopes: () => Promise.reject(new Error('the session has the scopes')),
  });
}

/** Rotates a token. Resolves to its successor. */
async function rotated(text: string, jkt?: string): Promise<string> {
  const rotation = await rotate(text, jkt);
  if (rotation.outcome !== 'rotated') throw new Error(rotation.outcome);
  return rotation.refreshToken;
}

t.test(
  'a refresh token of a bound session works with its key alone, and no refusal has an effect',
  async (t) => {
    const { sid, refreshToken: first } = await begin(KEY);
    const second = await rotated(first, KEY);
    await rotate(second, undefined, '198.51.100.1'); // the report takes a field of the session
    const before = await redis.hgetall(`{auth}:session:${sid}`);
    elapsedMs = 60_000;
    for (const token of [second, first]) {
      for (const key of [undefined, OTHER_KEY]) {
        t.match(await rotate(token, key, '198.51.100.1'), { outcome: 'without_key', isReported: false });
      }
    }
    t.same(await redis.hgetall(`{auth}:session:${sid}`), before);
    const third = await rotated(second, KEY);
    t.match(await rotate(third), { outcome: 'without_key' }, 'it stays bound');
    t.match(await rotate(third, OTHER_KEY), { outcome: 'without_key' }, 'to the same key');
    t.match(await rotate(third, KEY), { outcome: 'rotated' });
  },
);

t.test('the replay window and the detection of reuse need the key too', async (t) => {
  const { refreshToken: first } = await begin(KEY);
  const second = await rotated(first, KEY);
  t.match(await rotate(first), { outcome: 'without_key' }, 'no successor for a thief within the window');
  t.match(await rotate(first, KEY), { outcome: 'repeated', refreshToken: second });
  elapsedMs = 10_000;
  t.match(await rotate(first, KEY), { outcome: 'reuse' });
  t.match(await rotate(second, KEY), { outcome: 'unknown' }, 'the session has ended');
});

t.test('a refresh with a key binds an unbound session from then on', async (t) => {
  const { refreshToken: first } = await begin();
  const second = await rotated(first, KEY);
  t.match(await rotate(second), { outcome: 'without_key' });
  t.match(await rotate(second, OTHER_KEY), { outcome: 'without_key' });
  t.match(await rotate(first, KEY), { outcome: 'repeated', refreshToken: second }, 'the answer was lost');
  t.match(await rotate(second, KEY), { outcome: 'rotated' });
});

t.test('a repeat within the window binds nothing', async (t) => {
  const { refreshToken: first } = await begin();
  const second = await rotated(first);
  t.match(await rotate(first, OTHER_KEY), { outcome: 'repeated', refreshToken: second });
  t.match(await rotate(second), { outcome: 'rotated' });
});

t.test('a thief who binds an unbound session to a key of his own is found out as ever', async (t) => {
  for (const keyOfUser of [undefined, KEY]) {
    for (const tokens of ['newest', 'older'] as const) {
      const { refreshToken: first } = await begin();
      const second = tokens === 'older' ? await rotated(first) : first;
      const stolen = await rotated(second, OTHER_KEY);
      const newest = await rotated(stolen, OTHER_KEY);
      t.match(await rotate(first, keyOfUser), { outcome: 'reuse' }, tokens);
      t.match(await rotate(newest, OTHER_KEY), { outcome: 'unknown' }, 'the thief has nothing left');
    }
  }
});

t.test('of 50 thieves and the owner at once, the owner alone gets the successor', async (t) => {
  const { refreshToken } = await begin(KEY);
  const rotations = await Promise.all(
    Array.from({ length: 51 }, (_, i) => rotate(refreshToken, i === 25 ? KEY : OTHER_KEY)),
  );
  t.equal(rotations.filter(({ outcome }) => outcome === 'without_key').length, 50);
  t.equal(rotations.filter(({ outcome }) => outcome === 'rotated').length, 1);
});

t.test('uses without the key are reported once for each address, three times, and then seldom', async (t) => {
  const { refreshToken } = await begin(KEY);
  const reported = async (addresses: string[]) => {
    let count = 0;
    for (const address of addresses) {
      const rotation = await rotate(refreshToken, OTHER_KEY, address);
      if (rotation.outcome !== 'without_key') throw new Error(rotation.outcome);
      t.equal(rotation.address, ADDRESS, 'the address of the last use');
      if (rotation.isReported) count += 1;
    }
    return count;
  };
  t.equal(await reported(['198.51.100.1', '198.51.100.1', '198.51.100.1']), 1);
  t.equal(await reported([ADDRESS, ADDRESS]), 1, 'a thief may be in the same network');
  t.equal(await reported(Array.from({ length: 40 }, (_, i) => `198.51.100.${i % 2}`)), 1);
  elapsedMs = 20 * 60_000;
  t.equal(
    await reported(Array.from({ length: 40 }, (_, i) => `203.0.113.${i}`)),
    2,
    'one more in ten minutes',
  );
});

t.test('a bound session stays compact in Redis', async (t) => {
  const { sid } = await begin(KEY);
  t.equal(
    await redis.object('ENCODING', `{auth}:session:${sid}`),
    await redis.object('ENCODING', `{auth}:session:${(await begin()).sid}`),
  );
});
