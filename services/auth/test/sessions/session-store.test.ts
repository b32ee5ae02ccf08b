import { randomUUID } from 'node:crypto';
import { SCOPES } from '@pair/access-token';
import { testRedis } from '@pair/test-kit';
import t from 'tap';
import { decodeRefreshToken, type RefreshToken } from '../../src/sessions/refresh-token.ts';
import type { ListedSession } from '../../src/sessions/session-record.ts';
import {
  createSessionStore,
  type Rotation,
  type RotationRequest,
  type SessionStore,
} from '../../src/sessions/session-store.ts';
import type { IssuedSession } from '../../src/tokens/access-token.ts';
import { measuredRedis } from '../support/measured-redis.ts';

const DAY_MS = 24 * 3_600_000;
const server = await testRedis(t);
const { redis, clock } = await measuredRedis(t, server.url);
let elapsedMs = 0;
const start = clock.now();
const now = () => start + elapsedMs;
const store = createSessionStore(redis, clock, { replayWindowSeconds: 10, now });
const STRICT = { replayWindowSeconds: 0 };
const ORIGIN = { address: '192.0.2.1', userAgent: 'a browser' };
const begin = (id = 'user', sessions = store) => sessions.create({ id, scopes: SCOPES }, 'client', ORIGIN);
t.beforeEach(() => {
  elapsedMs = 0;
});

t.test('a session that is unused for seven days ends', async (t) => {
  const { refreshToken } = await begin();
  elapsedMs = 7 * DAY_MS;
  t.match(await rotate(refreshToken), { outcome: 'unknown' });
});

t.test('a session in use ends after 30 days, however often it was rotated', async (t) => {
  let { refreshToken } = await begin();
  for (let day = 6; day < 30; day += 6) {
    elapsedMs = day * DAY_MS;
    refreshToken = await rotated(refreshToken);
  }
  elapsedMs = 30 * DAY_MS - 60_000;
  const last = await rotated(refreshToken);
  elapsedMs = 30 * DAY_MS;
  t.match(await rotate(last), { outcome: 'unknown' });
});

t.test('a user has a budget of sign-ins, with a password or a code; one comes back every 20 s', async (t) => {
  const userId = 'often';
  const authorize = () =>
    store.beginAuthorization(
      { id: userId, scopes: SCOPES },
      '',
      {
        client: { id: 'client', registration: 'r', grants: ['authorization_code'] },
        redirectUri: 'https://client.example/',
        codeChallenge: 'challenge',
      },
      ORIGIN,
    );
  // the time when the budget is whole again: after the other 9,990
  await redis.set(`{auth}:sign-ins-of:${userId}`, now() + 9_990 * 20_000);
  for (let i = 0; i < 10; i++) await begin(userId);
  const [{ sid: newest }] = (await store.listOfUser(userId)) as [ListedSession];
  const refusal = { statusCode: 429, code: 'too_many_sign_ins', headers: { 'retry-after': '20' } };
  await t.rejects(begin(userId), refusal);
  await t.rejects(authorize(), refusal);
  t.equal((await store.listOfUser(userId))[0]?.sid, newest, 'a refused sign-in begins and ends no session');
  await begin('another user');

  elapsedMs = 20_000;
  await authorize();
  await t.rejects(begin(userId), refusal);
  const keys = await redis.keys('{auth}:sign-ins-of:*');
  for (const key of keys)
    t.ok((await redis.pttl(key)) <= 10_000 * 20_000, 'the budget leaves when it is full');
});

t.test('another client cannot use the token, and its attempt does no harm', async (t) => {
  const { refreshToken } = await begin();
  t.match(await rotate(refreshToken, { clientId: 'another' }), { outcome: 'unknown' });
  t.match(await rotate(refreshToken), { outcome: 'rotated' });
});

t.test('ending a session is announced once, however often it is ended', async (t) => {
  const { sid } = await begin();
  await Promise.all([store.end(sid), store.end(sid), store.end(sid)]);
  const entries = await announcements();
  t.equal(entries.filter(([kind, id]) => kind === 'sid' && id === sid).length, 1);
});

t.test('an announcement says how long a token of the session could live', async (t) => {
  const { sid } = await begin();
  const before = clock.now() / 1_000;
  await store.end(sid);
  const entry = (await announcements()).find(([, id]) => id === sid) ?? [];
  t.equal(entry[2], 'until');
  t.ok(Number(entry[3]) >= before + 600, 'not before the last token expires');
  t.ok(Number(entry[3]) <= before + 700, 'and not much later');
});

t.test('the feed is trimmed to entries that may still concern a token', async (t) => {
  const old = Math.floor(clock.now()) - 700_000;
  const pipeline = redis.pipeline();
  for (let i = 0; i < 1_000; i++) {
    pipeline.xadd('{auth}:old', `${old}-${i}`, 'sid', `old-${i}`, 'until', Math.floor(old / 1_000) + 665);
  }
  await pipeline.exec();
  // Redis adds no entry before the last one, so the old entries must be there first
  for (const [id, fields] of await redis.xrange('{auth}:revocations', '-', '+')) {
    await redis.xadd('{auth}:old', id, ...fields);
  }
  await redis.rename('{auth}:old', '{auth}:revocations');
  const { sid } = await begin();
  await store.end(sid);
  const kept = await announcements();
  // Redis trims whole nodes of a hundred entries
  t.ok(kept.filter(([, id]) => id?.startsWith('old-')).length <= 100);
  t.ok(kept.some(([, id]) => id === sid));
});

t.test('all sessions of a user end together, and no sessions of other users', async (t) => {
  const mine = await Promise.all([begin('mine'), begin('mine')]);
  const other = await begin('other');
  await store.endAllOfUser('mine');
  for (const { refreshToken } of mine) {
    t.match(await rotate(refreshToken), { outcome: 'unknown' });
  }
  t.match(await rotate(other.refreshToken), { outcome: 'rotated' });
});

t.test('a script that Redis runs after its deadline changes nothing', async (t) => {
  const { refreshToken, sid } = await begin();
  const late = createSessionStore(redis, { ...clock, now: () => clock.now() - 1_000 }, STRICT);
  await t.rejects(rotate(refreshToken, { sessions: late }), /^LATE/);
  await t.rejects(begin('user', late), /^LATE/);
  await t.rejects(late.end(sid), /^LATE/);
  await t.rejects(late.endAllOfUser('user'), /^LATE/);
  t.match(await rotate(refreshToken), { outcome: 'rotated' });
});

t.test('a full Redis refuses new sessions, and still rotates and ends old sessions', async (t) => {
  const full = await testRedis(t);
  const { redis: client, clock: fullClock } = await measuredRedis(t, full.url);
  const sessions = createSessionStore(client, fullClock, STRICT);
  const { refreshToken, sid } = await begin('user', sessions);
  await client.config('SET', 'maxmemory', '1');
  await t.rejects(begin('user', sessions), /^OOM/);
  t.match(await rotate(refreshToken, { sessions }), { outcome: 'rotated' });
  await sessions.end(sid);
  t.equal(await client.exists(`{auth}:session:${sid}`), 0);
});

t.test('within the window, the immediate parent gets the same successor again and again', async (t) => {
  const { refreshToken: parent } = await begin();
  const first = await rotated(parent);
  for (let i = 0; i < 5; i++) {
    t.match(await rotate(parent), { outcome: 'repeated', refreshToken: first });
  }
  elapsedMs = 9_900;
  t.match(await rotate(parent), { outcome: 'repeated', refreshToken: first });
  t.match(await rotate(first), { outcome: 'rotated' });
});

t.test('a repeat does not move the window', async (t) => {
  const { refreshToken: parent } = await begin();
  const first = await rotated(parent);
  elapsedMs = 6_000;
  t.match(await rotate(parent), { outcome: 'repeated' });
  elapsedMs = 12_000;
  t.match(await rotate(parent), { outcome: 'reuse' });
  t.match(await rotate(first), { outcome: 'unknown' });
});

t.test('a clock of Redis that is set back does not open the window again', async (t) => {
  const { refreshToken: parent } = await begin();
  await rotated(parent);
  elapsedMs = -3_600_000;
  t.match(await rotate(parent), { outcome: 'reuse' });
});

t.test(
  'a repeat from elsewhere is reported with the address of the rotation, once for each address',
  async (t) => {
    const { refreshToken: parent } = await begin();
    await rotated(parent);
    const from = async (address: string) => {
      const rotation = await rotate(parent, { origin: { ...ORIGIN, address } });
      return rotation.outcome === 'repeated' ? [rotation.isElsewhere, rotation.address] : rotation.outcome;
    };
    t.same(await from(ORIGIN.address), [false, ORIGIN.address]);
    t.same(await from('198.51.100.1'), [true, ORIGIN.address]);
    t.same(await from('198.51.100.1'), [false, ORIGIN.address]);
    t.same(await from('203.0.113.1'), [true, ORIGIN.address]);
  },
);

t.test(
  'repeats from two addresses in turn, after one rotation or many, are reported three times, and then seldom',
  async (t) => {
    let { refreshToken: parent } = await begin();
    let reported = 0;
    const repeatFromTwo = async (turns: number) => {
      for (let turn = 0; turn < turns; turn++) {
        const origin = { ...ORIGIN, address: `198.51.100.${turn % 2}` };
        const rotation = await rotate(parent, { origin });
        if (rotation.outcome !== 'repeated') throw new Error(rotation.outcome);
        if (rotation.isElsewhere) reported += 1;
      }
    };
    let newest = await rotated(parent);
    await repeatFromTwo(40);
    t.equal(reported, 3);
    for (let round = 0; round < 20; round++) {
      [parent, newest] = [newest, await rotated(newest)];
      await repeatFromTwo(2);
    }
    t.equal(reported, 3, 'a rotation gives no new budget');
    elapsedMs = 20 * 60_000;
    [parent, newest] = [newest, await rotated(newest)];
    await repeatFromTwo(40);
    t.equal(reported, 5, 'one more in ten minutes');
  },
);

t.test(
  'ten access tokens of a user are revoked alone, and each further revocation ends a session',
  async (t) => {
    const [one, other, another] = [await begin('revoker'), await begin('revoker'), await begin('revoker')];
    const revoke = (sid: string, jti = randomUUID(), sub = 'revoker', client_id = 'client') =>
      store.revokeAccessToken({ jti, exp: Math.floor(clock.now() / 1_000) + 600, sub, client_id, sid });
    const first = randomUUID();
    t.match(await revoke(one.sid, first), { outcome: 'revoked' });
    for (let i = 0; i < 20; i++) t.match(await revoke(one.sid, first), { outcome: 'known' });
    for (let i = 0; i < 9; i++) t.match(await revoke(i % 2 ? one.sid : other.sid), { outcome: 'revoked' });
    t.match(await rotate(one.refreshToken), { outcome: 'rotated' }, 'the session goes on');

    const before = (await announcements()).length;
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => revoke(one.sid)));
    t.same(outcomes.filter(({ outcome }) => outcome === 'ended').length, 1);
    t.ok(outcomes.every(({ outcome }) => outcome === 'ended' || outcome === 'known'));
    t.same(
      (await announcements()).slice(before).map(([kind, id]) => [kind, id]),
      [['sid', one.sid]],
    );
    t.match(await rotate(other.refreshToken), { outcome: 'rotated' }, 'no other session is ended');

    const bystander = await begin('bystander');
    t.match(await revoke(bystander.sid, randomUUID(), 'bystander'), { outcome: 'revoked' });
    t.match(
      await revoke(other.sid, randomUUID(), 'revoker', 'another-client'),
      { outcome: 'revoked' },
      'a client does not use up the budget of another client',
    );
    elapsedMs = 60_000;
    t.match(await revoke(other.sid), { outcome: 'revoked' }, 'after a minute the budget has one more');
    t.match(await revoke(other.sid), { outcome: 'ended' });
    elapsedMs = 11 * 60_000;
    for (let i = 0; i < 10; i++) t.match(await revoke(another.sid), { outcome: 'revoked' });
  },
);

t.test('an access token that was revoked alone ends no session', async (t) => {
  const { sid } = await begin('partly');
  const [revoked, good] = [randomUUID(), randomUUID()];
  const exp = Math.floor(clock.now() / 1_000) + 600;
  await store.revokeAccessToken({ jti: revoked, exp, sub: 'partly', client_id: 'client', sid });
  t.equal(await store.endByAccessToken({ sid, jti: revoked }), undefined);
  t.equal(await store.endByAccessToken({ sid, jti: good }), 'partly');
});

t.test(
  'a client that acts for itself revokes a hundred tokens, and then gets the time of its next revocation',
  async (t) => {
    const revoke = () =>
      store.revokeAccessToken({
        jti: randomUUID(),
        exp: Math.floor(clock.now() / 1_000) + 600,
        sub: 'nightly',
        client_id: 'nightly',
      });
    for (let i = 0; i < 100; i++) t.match(await revoke(), { outcome: 'revoked' });
    const before = await redis.dbsize();
    const refusal = await revoke();
    t.ok(refusal.outcome === 'refused' && refusal.retryAfterMs > 0 && refusal.retryAfterMs <= 6_000);
    t.equal(await redis.dbsize(), before);
    elapsedMs = 6_000;
    t.match(await revoke(), { outcome: 'revoked' });
  },
);

t.test('an old session that was just used does not make room', async (t) => {
  const { refreshToken, sid } = await begin('settled');
  let newest = refreshToken;
  for (let day = 6; day < 30; day += 6) {
    elapsedMs = day * DAY_MS;
    newest = await rotated(newest);
  }
  elapsedMs = 26 * DAY_MS;
  for (let i = 0; i < 99; i++) await begin('settled');
  elapsedMs = 29 * DAY_MS;
  newest = await rotated(newest);
  t.equal((await store.listOfUser('settled'))[0]?.sid, sid, 'it is first in the list');
  await begin('settled');
  t.match(await rotate(newest), { outcome: 'rotated' });
});

t.test('after the window, the immediate parent ends the session', async (t) => {
  const { refreshToken: parent } = await begin();
  const first = await rotated(parent);
  elapsedMs = 10_100;
  t.match(await rotate(parent), { outcome: 'reuse', address: ORIGIN.address });
  t.match(await rotate(first), { outcome: 'unknown' });
});

t.test('an older ancestor ends the session, also within the window', async (t) => {
  const { refreshToken: grandparent } = await begin();
  const parent = await rotated(grandparent);
  const newest = await rotated(parent);
  t.match(await rotate(grandparent), { outcome: 'reuse' });
  t.match(await rotate(newest), { outcome: 'unknown' });
});

t.test('with the window at 0, the immediate parent ends the session at once', async (t) => {
  const strict = createSessionStore(redis, clock, STRICT);
  const { refreshToken } = await begin('user', strict);
  t.match(await rotate(refreshToken, { sessions: strict }), { outcome: 'rotated' });
  t.match(await rotate(refreshToken, { sessions: strict }), { outcome: 'reuse' });
});

t.test('another client cannot use the window, and its attempt does no harm', async (t) => {
  const { refreshToken: parent } = await begin();
  const first = await rotated(parent);
  t.match(await rotate(parent, { clientId: 'another' }), { outcome: 'unknown' });
  t.match(await rotate(first), { outcome: 'rotated' });
});

t.test(
  'after the scopes of a user are forgotten, the next rotation of each session reads them',
  async (t) => {
    const sessions = [await begin('promoted'), await begin('promoted')];
    await store.forgetScopes('promoted');
    for (const { refreshToken } of sessions) {
      const read: string[] = [];
      const readScopes = async (userId: string) => {
        read.push(userId);
        return ['customers:read'];
      };
      const rotation = await rotate(refreshToken, { readScopes });
      t.match(rotation, { outcome: 'rotated', userId: 'promoted', scope: 'customers:read' });
      t.same(read, ['promoted']);
      const next = 'refreshToken' in rotation ? rotation.refreshToken : '';
      t.match(await rotate(next), { outcome: 'rotated', scope: 'customers:read' }, 'they are known again');
    }
  },
);

for (const hadScopes of [true, false]) {
  const session = hadScopes ? 'a session' : 'a session of an older version';
  t.test(`${session} gets no scopes that were read before a change`, async (t) => {
    const { refreshToken, sid } = await begin('changed');
    if (hadScopes) await store.forgetScopes('changed');
    else await redis.hdel(`{auth}:session:${sid}`, 'user_scopes');
    const readings = [['customers:read'], ['customers:read', 'users:admin']];
    const readScopes = async () => {
      const scopes = readings.shift();
      if (readings.length === 1) await store.forgetScopes('changed');
      return scopes;
    };
    t.match(await rotate(refreshToken, { readScopes }), { scope: 'customers:read users:admin' });
  });
}

t.test('a session that begins within an hour of a change of its user reports the change', async (t) => {
  t.match(await begin('steady'), { isUserChanged: false });
  for (const change of [store.endAllOfUser, store.forgetScopes]) {
    const userId = `${change.name}-user`;
    await change(userId);
    t.match(await begin(userId), { isUserChanged: true });
    const leftMs = await redis.pttl(`{auth}:user:${userId}:changed`);
    t.ok(leftMs > 3_500_000 && leftMs <= 3_600_000, `${leftMs} ms`);
  }
});

t.test('forgetting the scopes of a user begins no session that has ended', async (t) => {
  const { sid } = await begin('forgotten');
  await redis.del(`{auth}:session:${sid}`);
  await store.forgetScopes('forgotten');
  t.equal(await redis.exists(`{auth}:session:${sid}`), 0);
});

t.test('a user who may have no tokens any more does not consume the token', async (t) => {
  const { refreshToken } = await begin('gone');
  await store.forgetScopes('gone');
  t.match(await rotate(refreshToken, { readScopes: async () => undefined }), { outcome: 'unknown' });
  t.match(await rotate(refreshToken, { readScopes: async () => SCOPES }), { outcome: 'rotated' });
});

t.test('a rotation returns the scopes of user and client, fewer on request, and never more', async (t) => {
  const scopes = ['customers:read', 'users:admin'];
  const { refreshToken } = await store.create({ id: 'user', scopes }, 'client', ORIGIN);
  const request = {
    client: { id: 'client', registration: '', scopes: ['customers:read', 'customers:write'] as const },
    origin: ORIGIN,
    readScopes: async () => undefined,
  };
  for (const scope of ['customers:write', 'customers:read users:admin', 'customers']) {
    const rotation = await store.rotate(token(refreshToken), { ...request, scope });
    t.match(rotation, { outcome: 'excessive' }, scope);
  }
  const all = await store.rotate(token(refreshToken), { ...request, scope: undefined });
  t.match(all, { outcome: 'rotated', scope: 'customers:read' });
  const none = await store.rotate(token(refreshToken), { ...request, scope: '' });
  t.match(none, { outcome: 'repeated', scope: '' });
});

t.test('a client that was added again cannot rotate the tokens of its old registration', async (t) => {
  const { refreshToken, sid } = await begin();
  await redis.hset(`{auth}:session:${sid}`, 'registration', 'old');
  t.match(await rotate(refreshToken), { outcome: 'unknown' });
  await redis.hset(`{auth}:session:${sid}`, 'registration', '');
  t.match(await rotate(refreshToken), { outcome: 'rotated' });
});

t.test('Redis stores no token, only hashes and a seed', async (t) => {
  const { refreshToken, sid } = await begin();
  const newest = token(await rotated(refreshToken));
  const kept = Object.values(await redis.hgetallBuffer(`{auth}:session:${sid}`));
  for (const secret of [newest.familySecret, newest.nonce, token(refreshToken).nonce]) {
    t.notOk(kept.some((value) => value.includes(secret)));
  }
});

t.test('a session takes the same memory after 200 rotations, however long the user agent is', async (t) => {
  const origin = { address: '2001:db8:1111:2222:3333:4444:5555:6666', userAgent: 'x'.repeat(4_000) };
  const { refreshToken, sid } = await store.create({ id: 'user', scopes: SCOPES }, 'client', origin);
  let newest = await rotated(refreshToken, origin);
  for (let i = 0; i < 100; i++) newest = await rotated(newest, origin);
  const before = await redis.memory('USAGE', `{auth}:session:${sid}`);
  for (let i = 0; i < 100; i++) newest = await rotated(newest, origin);
  t.equal(await redis.memory('USAGE', `{auth}:session:${sid}`), before);
  t.equal(await redis.object('ENCODING', `{auth}:session:${sid}`), 'listpack');
  t.ok(Number(before) <= 900, `${before} bytes`);
});

t.test('the 101st session of a user ends the session that was unused for the longest time', async (t) => {
  const made: IssuedSession[] = [];
  for (let i = 0; i < 100; i++) {
    elapsedMs = i * 1_000;
    made.push(await begin('many'));
  }
  const [first, second] = made;
  elapsedMs = 200_000;
  const newest = await rotated(first?.refreshToken ?? '');
  await begin('many');
  t.match(await rotate(second?.refreshToken ?? ''), { outcome: 'unknown' });
  t.ok(
    (await announcements()).some(([, sid]) => sid === second?.sid),
    'its access tokens are revoked',
  );
  t.match(await rotate(newest), { outcome: 'rotated' });
  t.equal((await store.listOfUser('many')).length, 100);
});

t.test('the list of the sessions of a user has the last used first, and no ended session', async (t) => {
  const over = await begin('lister');
  elapsedMs = 4 * DAY_MS;
  const first = await begin('lister');
  const second = await begin('lister');
  elapsedMs = 8 * DAY_MS;
  await rotated(first.refreshToken, { address: '192.0.2.7', userAgent: 'another browser' });
  const listed = await store.listOfUser('lister');
  t.same(
    listed.map(({ sid }) => sid),
    [first.sid, second.sid],
  );
  t.notOk(listed.some(({ sid }) => sid === over.sid));
  t.match(listed[0], { address: '192.0.2.7', userAgent: 'another browser' });
  t.match(listed[1], { address: ORIGIN.address, userAgent: ORIGIN.userAgent });
  const [{ createdAt, usedAt } = { createdAt: 0, usedAt: 0 }] = listed;
  t.equal(Math.round((usedAt - createdAt) / DAY_MS), 4);
});

t.test('a user ends only their own sessions', async (t) => {
  const { sid, refreshToken } = await begin('owner');
  t.equal(await store.end(sid, 'another-user'), undefined);
  const newest = await rotated(refreshToken);
  t.equal(await store.end(sid, 'owner'), 'owner');
  t.equal(await store.end(sid, 'owner'), undefined);
  t.match(await rotate(newest), { outcome: 'unknown' });
});

t.test('after Redis lost its data, the next session gets a new epoch', async (t) => {
  const one = await begin();
  t.equal((await begin()).epoch, one.epoch);
  await redis.flushall();
  t.not((await begin()).epoch, one.epoch);
});

t.test(
  'a script that Redis begins too late is sent again, after a new measurement of the clock',
  async (t) => {
    let behindMs = 1_000;
    const late = {
      ...clock,
      now: () => clock.now() - behindMs,
      measure: async () => {
        behindMs = 0;
      },
    };
    t.ok((await begin('user', createSessionStore(redis, late, STRICT))).refreshToken);
  },
);

t.test('a script that stays late is given up, and has changed nothing', async (t) => {
  let measured = 0;
  const late = { ...clock, now: () => clock.now() - 1_000, measure: async () => void measured++ };
  await t.rejects(begin('latecomer', createSessionStore(redis, late, STRICT)), /^LATE/);
  t.equal(measured, 3);
  t.same(await store.listOfUser('latecomer'), []);
});

async function announcements(): Promise<string[][]> {
  return (await redis.xrange('{auth}:revocations', '-', '+')).map(([, fields]) => fields);
}

function rotate(
  text: string,
  { sessions = store, clientId = 'client', origin = ORIGIN, scope, readScopes }: RotateOptions = {},
): Promise<Rotation> {
  return sessions.rotate(token(text), {
    client: { id: clientId, registration: '', scopes: SCOPES },
    scope,
    origin,
    readScopes: readScopes ?? (() => Promise.reject(new Error('the session has the scopes'))),
  });
}

interface RotateOptions extends Partial<Pick<RotationRequest, 'origin' | 'scope' | 'readScopes'>> {
  sessions?: SessionStore;
  clientId?: string;
}

/** Rotates a token. Resolves to its successor. */
async function rotated(text: string, origin = ORIGIN): Promise<string> {
  const rotation = await rotate(text, { origin });
  if (rotation.outcome !== 'rotated') throw new Error(rotation.outcome);
  return rotation.refreshToken;
}

function token(text: string): RefreshToken {
  const decoded = decodeRefreshToken(text);
  if (decoded === undefined) throw new Error('not a refresh token');
  return decoded;
}
