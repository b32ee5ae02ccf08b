import { SCOPES } from '@pair/access-token';
import { rounds, testRedis } from '@pair/test-kit';
import { Redis } from 'ioredis';
import t from 'tap';
import { decodeRefreshToken } from '../../src/sessions/refresh-token.ts';
import { createSessionStore, type Rotation, type SessionStore } from '../../src/sessions/session-store.ts';
import { measuredRedis } from '../support/measured-redis.ts';

const server = await testRedis(t);
const inspector = new Redis(server.url);
t.teardown(() => inspector.disconnect());

/** Creates stores like those of several processes, each with its own connection. */
async function stores(count: number, replayWindowSeconds: number): Promise<SessionStore[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const { redis, clock } = await measuredRedis(t, server.url);
      return createSessionStore(redis, clock, { replayWindowSeconds });
    }),
  );
}

const ORIGIN = { address: '192.0.2.1', userAgent: 'a browser' };
const windowed = await stores(3, 10);
const strict = await stores(3, 0);

async function rotate(sessions: SessionStore | undefined, refreshToken: string): Promise<Rotation> {
  const token = decodeRefreshToken(refreshToken);
  if (sessions === undefined || token === undefined) throw new Error('not a refresh token');
  return sessions.rotate(token, {
    client: { id: 'client', registration: '', scopes: SCOPES },
    scope: undefined,
    origin: ORIGIN,
    readScopes: () => Promise.reject(new Error('the session has the scopes')),
  });
}

const begin = (sessions: SessionStore | undefined) => {
  if (sessions === undefined) throw new Error('no store');
  return sessions.create({ id: 'user', scopes: SCOPES }, 'client', ORIGIN);
};

const successorOf = (rotation: Rotation) => ('refreshToken' in rotation ? rotation.refreshToken : undefined);

t.test('all concurrent rotations of one token, at three stores, get the same successor', async (t) => {
  for (const concurrent of [2, 10, rounds({ short: 200, long: 10_000 })]) {
    const { refreshToken } = await begin(windowed[0]);
    const answers: Rotation[] = [];
    // Redis must answer all concurrent rotations before their deadline
    for (let sent = 0; sent < concurrent; sent += 200) {
      const batch = Array.from({ length: Math.min(200, concurrent - sent) }, (_, i) =>
        rotate(windowed[i % 3], refreshToken),
      );
      answers.push(...(await Promise.all(batch)));
    }
    t.equal(answers.filter(({ outcome }) => outcome === 'rotated').length, 1, 'one successor was minted');
    t.equal(answers.filter(({ outcome }) => outcome === 'repeated').length, concurrent - 1);
    t.equal(new Set(answers.map(successorOf)).size, 1);
  }
});

t.test('with the window at 0, one rotation wins, and the session ends', async (t) => {
  const concurrent = rounds({ short: 200, long: 10_000 });
  const { refreshToken, sid } = await begin(strict[0]);
  const answers: Rotation[] = [];
  for (let sent = 0; sent < concurrent; sent += 200) {
    const batch = Array.from({ length: 200 }, (_, i) => rotate(strict[i % 3], refreshToken));
    answers.push(...(await Promise.all(batch)));
  }
  const count = (outcome: Rotation['outcome']) =>
    answers.filter((answer) => answer.outcome === outcome).length;
  t.equal(count('rotated'), 1);
  t.equal(count('reuse'), 1, 'the second rotation ended the session');
  t.equal(count('unknown'), concurrent - 2);
  t.equal(await inspector.exists(`{auth}:session:${sid}`), 0);
});

t.test('a rotation that races a logout never leaves a usable token', async (t) => {
  const count = rounds({ short: 300, long: 10_000 });
  let won = 0;
  for (let round = 0; round < count; round++) {
    const { refreshToken, sid } = await begin(windowed[0]);
    // a rotation is one round trip: the logout is sent before it and after it
    const before = round % 2 === 0 ? windowed[1]?.end(sid) : undefined;
    const rotating = rotate(windowed[2], refreshToken);
    const [rotation] = await Promise.all([rotating, before ?? windowed[1]?.end(sid)]);
    const successor = successorOf(rotation);
    if (successor === undefined) continue;
    won += 1;
    const { outcome } = await rotate(windowed[0], successor);
    if (outcome !== 'unknown') return t.fail(`round ${round}: ${outcome}`);
  }
  t.ok(won > 0 && won < count, `the rotation was first in ${won} of ${count} rounds`);
  const revoked = new Set(
    (await inspector.xrange('{auth}:revocations', '-', '+')).map(([, fields]) => fields[1]),
  );
  t.ok(revoked.size >= count, 'the access tokens of each session are revoked');
});
