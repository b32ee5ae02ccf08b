import { randomUUID } from 'node:crypto';
import { SCOPES } from '@pair/access-token';
import { testRedis } from '@pair/test-kit';
import t from 'tap';
import type { Grant } from '../../src/db/schema.ts';
import { type AuthorizationCode, decodeAuthorizationCode } from '../../src/sessions/authorization-code.ts';
import { decodeRefreshToken, type RefreshToken } from '../../src/sessions/refresh-token.ts';
import type { Origin } from '../../src/sessions/session-record.ts';
import { createSessionStore } from '../../src/sessions/session-store.ts';
import { measuredRedis } from '../support/measured-redis.ts';

const server = await testRedis(t);
const { redis, clock } = await measuredRedis(t, server.url);
let elapsedMs = 0;
const now = () => clock.now() + elapsedMs;
const store = createSessionStore(redis, clock, { replayWindowSeconds: 10, now });
const ORIGIN = { address: '192.0.2.1', userAgent: 'a browser' };
const CLIENT = {
  id: 'client',
  registration: randomUUID(),
  grants: ['authorization_code', 'refresh_token'] as Grant[],
  scopes: SCOPES,
};
const AUTHORIZATION = {
  client: CLIENT,
  redirectUri: 'https://app.example.com/',
  codeChallenge: 'a challenge',
};
t.beforeEach(() => {
  elapsedMs = 0;
});

const user = (id: string) => ({ id, scopes: SCOPES });

async function begin(userId = 'user', client = CLIENT): Promise<AuthorizationCode> {
  const authorization = { ...AUTHORIZATION, client };
  const { code } = await store.beginAuthorization(user(userId), 'customers:read', authorization, ORIGIN);
  return decoded(code);
}
const signIn = async (userId: string) => {
  const { refreshToken } = await store.create(user(userId), 'client', ORIGIN);
  return decodeRefreshToken(refreshToken);
};
const rotate = (token: RefreshToken, client: typeof CLIENT, origin: Origin) =>
  store.rotate(token, { client, scope: undefined, origin, readScopes: async () => undefined });
const redeem = (code: AuthorizationCode, overrides = {}) =>
  store.redeemCode(code, { ...AUTHORIZATION, ...overrides });

function decoded(text: string): AuthorizationCode {
  const code = decodeAuthorizationCode(text);
  if (code === undefined) throw new Error('not a code');
  return code;
}

t.test('a code works for a minute', async (t) => {
  const [inTime, late] = [await begin(), await begin()];
  elapsedMs = 59_000;
  t.match(await redeem(inTime), { outcome: 'redeemed' });
  elapsedMs = 60_001;
  t.match(await redeem(late), { outcome: 'unknown' });
});

t.test(
  'a code that is redeemed again within ten minutes ends the session, and is unknown after that',
  async (t) => {
    const [one, two] = [await begin('twice'), await begin('twice')];
    for (const code of [one, two]) t.match(await redeem(code), { outcome: 'redeemed' });
    elapsedMs = 600_001;
    t.match(await redeem(one), { outcome: 'unknown' });
    elapsedMs = 599_000;
    t.match(await redeem(two), { outcome: 'reuse', address: ORIGIN.address });
    t.same(
      (await store.listOfUser('twice')).map(({ sid }) => sid),
      [one.sid],
    );
    t.match(await redeem(two), { outcome: 'unknown' });
  },
);

t.test('of many concurrent redemptions of a code, one gets tokens, and the session is ended', async (t) => {
  const code = await begin('racer');
  const outcomes = (await Promise.all(Array.from({ length: 50 }, () => redeem(code)))).map(
    ({ outcome }) => outcome,
  );
  t.same(outcomes.sort(), ['redeemed', 'reuse', ...Array(48).fill('unknown')]);
  t.same(await store.listOfUser('racer'), []);
});

t.test('the session of a code lives as long as the session of a password', async (t) => {
  const code = await begin('long');
  const redemption = await redeem(code);
  if (redemption.outcome !== 'redeemed') throw new Error(redemption.outcome);
  elapsedMs = 6 * 24 * 3_600_000;
  const token = decodeRefreshToken(redemption.refreshToken);
  const found = token && (await store.find(token));
  const { id: clientId, registration } = CLIENT;
  t.match(found, { userId: 'long', clientId, registration, scope: 'customers:read', isLive: true });
});

t.test(
  'a session without a refresh token lives as long as its access token, and is the first to make room',
  async (t) => {
    const withoutRefresh = { ...CLIENT, grants: ['authorization_code'] as Grant[] };
    const own = await signIn('visitor');
    for (let i = 0; i < 110; i++) {
      const code = await begin('visitor', withoutRefresh);
      t.match(await redeem(code, { client: withoutRefresh }), { outcome: 'redeemed' });
    }
    t.equal((await store.listOfUser('visitor')).length, 100);
    t.match(
      own && (await store.find(own)),
      { isLive: true },
      'a hundred such sessions push out no other session',
    );
    elapsedMs = 600_001;
    t.same(
      (await store.listOfUser('visitor')).map(({ sid }) => sid),
      [own?.sid],
    );
    elapsedMs += 666_000;
    await begin('visitor');
    t.equal(await redis.zcard('{auth}:user:visitor:sessions'), 2, 'and they leave the index');
  },
);

t.test('ending the sessions of a user also ends the sessions that have only a code', async (t) => {
  const code = await begin('ended');
  await store.endAllOfUser('ended');
  t.match(await redeem(code), { outcome: 'unknown' });
  t.equal(await store.findByCode(code), undefined);
});

t.test('codes that no client redeems push out no session', async (t) => {
  const token = await signIn('busy');
  for (let i = 0; i < 150; i++) await begin('busy');
  t.equal(await redis.zcard('{auth}:user:busy:sessions'), 100, 'codes push out only codes');
  t.ok(token && (await store.find(token)));
  elapsedMs = 61_000;
  await begin('busy');
  t.equal(await redis.zcard('{auth}:user:busy:sessions'), 2, 'and leave the index after their minute');
});

t.test('of a hundred sessions, the oldest makes room when a code is redeemed, and not before', async (t) => {
  const oldest = await signIn('full');
  for (let i = 1; i < 100; i++) {
    elapsedMs += 1;
    await signIn('full');
  }
  for (let i = 0; i < 3; i++) await begin('full');
  t.ok(oldest && (await store.find(oldest)));
  const code = await begin('full');
  t.match(await redeem(code), { outcome: 'redeemed' });
  t.equal(oldest && (await store.find(oldest)), undefined);
  t.equal((await store.listOfUser('full')).length, 100);
});

t.test('a code with wrong parameters is refused, and reported once', async (t) => {
  const others = [
    { codeChallenge: 'another' },
    { redirectUri: 'https://other.example.com/' },
    { client: { ...CLIENT, id: 'another' } },
  ];
  for (const other of others) {
    const code = await begin('guarded');
    t.match(await redeem(code, other), { outcome: 'refused', address: ORIGIN.address });
    t.match(await redeem(code, other), { outcome: 'unknown' });
    t.match(await redeem(code), { outcome: 'redeemed' }, 'the wrong requests do not use it up');
  }
});

t.test('another client with a redeemed code is refused, and ends no session', async (t) => {
  const code = await begin('redeemed');
  const redemption = await redeem(code);
  t.match(await redeem(code, { client: { ...CLIENT, id: 'another' } }), { outcome: 'refused' });
  const token = redemption.outcome === 'redeemed' && decodeRefreshToken(redemption.refreshToken);
  t.match(token && (await store.find(token)), { isLive: true });
});

t.test('a session without a refresh token does not make room for itself', async (t) => {
  for (let i = 0; i < 100; i++) await signIn('full-too');
  const withoutRefresh = { ...CLIENT, grants: ['authorization_code'] as Grant[] };
  const code = await begin('full-too', withoutRefresh);
  t.match(await redeem(code, { client: withoutRefresh }), { outcome: 'redeemed' });
  t.ok((await store.listOfUser('full-too')).some(({ sid }) => sid === code.sid));
});

t.test('a reused code ends its session, also at maxmemory', async (t) => {
  const code = await begin('crowded');
  t.match(await redeem(code), { outcome: 'redeemed' });
  await redis.config('SET', 'maxmemory', '1');
  t.teardown(() => redis.config('SET', 'maxmemory', '0'));
  t.match(await redeem(code), { outcome: 'reuse' });
  t.match(await store.epoch(), /^[0-9a-f-]{36}$/, 'and tokens without a session still get an epoch');
});

t.test('a session that a client began takes at most 1,200 bytes', async (t) => {
  const longest = { address: 'f'.repeat(39), userAgent: 'x'.repeat(1_000) };
  const scope = 'customers:read customers:write users:admin';
  const authorization = {
    client: { ...CLIENT, id: 'x'.repeat(64) },
    redirectUri: `https://app.example.com/${'x'.repeat(1_900)}`,
    codeChallenge: 'x'.repeat(43),
  };
  const { code } = await store.beginAuthorization(user(randomUUID()), scope, authorization, longest);
  t.match(await redeem(decoded(code)), { outcome: 'refused' });
  const redemption = await store.redeemCode(decoded(code), authorization);
  const token = redemption.outcome === 'redeemed' && decodeRefreshToken(redemption.refreshToken);
  if (!token) throw new Error(redemption.outcome);
  await rotate(token, authorization.client, longest);
  const elsewhere = { ...longest, address: 'e'.repeat(39) };
  t.match(await rotate(token, authorization.client, elsewhere), { outcome: 'repeated' });
  const bytes = Number(await redis.memory('USAGE', `{auth}:session:${token.sid}`));
  t.comment(`${bytes} bytes for a session that a client began`);
  t.ok(bytes <= 1_200, `${bytes}`);
});

t.test('a code that no client redeems leaves Redis when it expires', async (t) => {
  const code = await begin('forgetful');
  const key = `{auth}:session:${code.sid}`;
  const leftMs = await redis.pttl(key);
  t.ok(leftMs > 0 && leftMs <= 60_000, `${leftMs}`);
  t.match(await redeem(code), { outcome: 'redeemed' });
  t.ok((await redis.pttl(key)) > 6 * 24 * 3_600_000, 'its session stays when the code is redeemed');
});

t.test('the list of the sessions of a user leaves Redis with the last session, not before', async (t) => {
  const index = '{auth}:user:index:sessions';
  await begin('index');
  t.ok((await redis.pttl(index)) > 0, 'a code alone');
  const { sid } = await store.create(user('index'), 'client', ORIGIN);
  const leftMs = () => Promise.all([redis.pttl(`{auth}:session:${sid}`), redis.pttl(index)]);
  const [session, list] = await leftMs();
  t.ok(session > 6 * 24 * 3_600_000 && list >= session - 1_000, 'a sign-in, which lives longer');
  await begin('index');
  const [, after] = await leftMs();
  t.ok(after >= list - 1_000, 'a code after it, which lives shorter');
});

t.test('an account takes at most 130 KB of Redis, whatever its user does', async (t) => {
  const userId = randomUUID();
  const longest = { address: 'f'.repeat(39), userAgent: 'x'.repeat(1_000) };
  const authorization = { ...AUTHORIZATION, client: { ...CLIENT, id: 'x'.repeat(64) } };
  const scope = 'customers:read customers:write users:admin';
  await redis.flushall();
  for (let i = 0; i < 150; i++) {
    const { code } = await store.beginAuthorization(user(userId), scope, authorization, longest);
    const redemption = await store.redeemCode(decoded(code), authorization);
    if (redemption.outcome !== 'redeemed') throw new Error(redemption.outcome);
    const token = decodeRefreshToken(redemption.refreshToken);
    if (token === undefined) throw new Error('no token');
    await rotate(token, authorization.client, longest);
    await rotate(token, authorization.client, { ...longest, address: 'e'.repeat(39) });
    await store.beginAuthorization(user(userId), scope, authorization, longest);
  }
  const [session] = await store.listOfUser(userId);
  // the most that are known at once: ten, and one more in each minute of the lifetime of the first
  for (let revoked = 0; revoked < 20; revoked++) {
    elapsedMs = Math.max(0, revoked - 9) * 60_000;
    const claims = { jti: randomUUID(), exp: Math.floor(clock.now() / 1_000) + 600 };
    const holder = { sub: userId, client_id: authorization.client.id, sid: session?.sid ?? '' };
    const revocation = await store.revokeAccessToken({ ...claims, ...holder });
    t.match(revocation, { outcome: 'revoked' });
  }
  let bytes = 0;
  for (const key of await redis.keys('*')) {
    if (key !== '{auth}:revocations') bytes += Number(await redis.memory('USAGE', key));
  }
  t.comment(`${bytes} bytes`);
  t.ok(bytes <= 130_000, `${bytes}`);
});

t.test('Redis stores no code, and deletes its parameters when the code is redeemed', async (t) => {
  const { code: text } = await store.beginAuthorization(user('hashed'), '', AUTHORIZATION, ORIGIN);
  const code = decoded(text);
  const key = `{auth}:session:${code.sid}`;
  const kept = async () =>
    JSON.stringify(Object.entries(await redis.hgetallBuffer(key)).map(([k, v]) => [k, String(v)]));
  t.notMatch(await kept(), text.slice(-20));
  t.notMatch(await kept(), code.secret.toString('base64url'));
  t.match(await kept(), /code_challenge/);
  await redeem(code);
  t.notMatch(await kept(), /code_challenge|redirect_uri/);
});

t.test('a code has one spelling', async (t) => {
  const { code } = await store.beginAuthorization(user('spelled'), '', AUTHORIZATION, ORIGIN);
  for (const text of [
    '',
    'ac_',
    code.slice(0, -1),
    `${code}A`,
    code.replace('ac_', 'AC_'),
    ` ${code}`,
    `${code}=`,
  ]) {
    t.equal(decodeAuthorizationCode(text), undefined, text);
  }
});
