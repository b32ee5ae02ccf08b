import { testRedis } from '@pair/test-kit';
import { Redis } from 'ioredis';
import t from 'tap';
import { type AuthorizationCode, decodeAuthorizationCode } from '../../src/sessions/authorization-code.ts';
import { redisClock } from '../../src/sessions/redis-clock.ts';
import { decodeRefreshToken } from '../../src/sessions/refresh-token.ts';
import { createSessionStore } from '../../src/sessions/session-store.ts';

const server = await testRedis(t);
const redis = new Redis(server.url);
const clock = redisClock(redis);
t.teardown(() => {
  clock.stop();
  redis.disconnect();
});
await clock.measure();
let elapsedMs = 0;
const now = () => clock.now() + elapsedMs;
const store = createSessionStore(redis, clock, { replayWindowSeconds: 10, now });
const ORIGIN = { address: '192.0.2.1', userAgent: 'a browser' };
const AUTHORIZATION = {
  clientId: 'client',
  redirectUri: 'https://app.example.com/',
  codeChallenge: 'a challenge',
};
t.beforeEach(() => {
  elapsedMs = 0;
});

const begin = async (userId = 'user') =>
  decoded((await store.beginAuthorization(userId, 'customers:read', AUTHORIZATION, ORIGIN)).code);
const redeem = (code: AuthorizationCode, overrides = {}) =>
  store.redeemCode(code, { ...AUTHORIZATION, ...overrides });

function decoded(text: string): AuthorizationCode {
  const code = decodeAuthorizationCode(text);
  if (code === undefined) throw new Error('not a code');
  return code;
}

t.test('a code is good for a minute', async (t) => {
  const [inTime, late] = [await begin(), await begin()];
  elapsedMs = 59_000;
  t.match(await redeem(inTime), { outcome: 'redeemed' });
  elapsedMs = 60_001;
  t.match(await redeem(late), { outcome: 'unknown' });
});

t.test(
  'a code that is redeemed again within ten minutes ends the session, and after that is just not known',
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

t.test('of many who redeem one code at once one gets tokens, and the session is ended', async (t) => {
  const code = await begin('racer');
  const outcomes = (await Promise.all(Array.from({ length: 50 }, () => redeem(code)))).map(
    ({ outcome }) => outcome,
  );
  t.equal(outcomes.filter((outcome) => outcome === 'redeemed').length, 1);
  t.equal(outcomes.filter((outcome) => outcome === 'reuse').length, 1);
  t.same(await store.listOfUser('racer'), []);
});

t.test('the session of a code lives as long as one of a password', async (t) => {
  const code = await begin('long');
  const redemption = await redeem(code);
  if (redemption.outcome !== 'redeemed') throw new Error(redemption.outcome);
  elapsedMs = 6 * 24 * 3_600_000;
  const token = decodeRefreshToken(redemption.refreshToken);
  const found = token && (await store.find(token));
  t.match(found, { userId: 'long', clientId: 'client', scope: 'customers:read', isLive: true });
});

t.test('whatever ends the sessions of a user ends those that have only a code', async (t) => {
  const code = await begin('ended');
  await store.endAllOfUser('ended');
  t.match(await redeem(code), { outcome: 'unknown' });
  t.equal(await store.findByCode(code), undefined);
});

t.test('codes that nobody redeems push out no session', async (t) => {
  const { refreshToken } = await store.create('busy', 'client', ORIGIN);
  for (let i = 0; i < 150; i++) await begin('busy');
  const token = decodeRefreshToken(refreshToken);
  t.ok(token && (await store.find(token)));
  elapsedMs = 61_000;
  await begin('busy');
  t.equal(await redis.zcard('{auth}:user:busy:sessions'), 2, 'and leave the index with their minute');
});

t.test('Redis keeps no code, and forgets what belonged to it when it is redeemed', async (t) => {
  const { code: text } = await store.beginAuthorization('hashed', '', AUTHORIZATION, ORIGIN);
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
  const { code } = await store.beginAuthorization('spelled', '', AUTHORIZATION, ORIGIN);
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
