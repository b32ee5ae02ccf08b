import { rounds, waitFor } from '@pair/test-kit';
import type { LightMyRequestResponse } from 'fastify';
import t from 'tap';
import {
  ADMIN,
  login,
  makeUser,
  post,
  recordedEvents,
  startAuth,
  type Tokens,
} from '../support/auth-under-test.ts';

const auth = await startAuth(t);
const { app, within } = auth;
const redis = auth.redisClient();
const WRONG = { ...ADMIN, password: 'not the password' };
const [HERE, ELSEWHERE] = ['192.0.2.1', '198.51.100.1'];
t.beforeEach(async () => {
  for (const key of await redis.keys('{auth}:sign-in*')) await redis.del(key);
});

const attempt = (credentials: typeof ADMIN, remoteAddress = HERE) =>
  app.inject({ method: 'POST', url: '/auth/login', payload: credentials, remoteAddress });
const times = <T>(count: number, make: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));
const statuses = (answers: LightMyRequestResponse[]) => answers.map(({ statusCode }) => statusCode).sort();
const failuresFrom = (address: string) => redis.zcard(`{auth}:sign-in-attempts:${address}`);

/** Resolves to the number of passwords that are verified during `work`. */
async function verifications(work: () => Promise<unknown>): Promise<number> {
  const { verify } = within.passwords;
  let count = 0;
  within.passwords.verify = (...args) => {
    count += 1;
    return verify(...args);
  };
  await work();
  within.passwords.verify = verify;
  return count;
}

t.test('an unknown user and a wrong password get the same answer, and both verify a hash', async (t) => {
  const answers: LightMyRequestResponse[] = [];
  for (const credentials of [WRONG, { ...WRONG, username: 'unknown' }]) {
    t.equal(await verifications(async () => answers.push(await attempt(credentials))), 1);
  }
  const [wrong, unknown] = answers.map((answer) => ({
    status: answer.statusCode,
    headers: { ...answer.headers, date: '', 'x-request-id': '' },
    body: { ...answer.json(), request_id: '' },
    length: answer.body.length,
  }));
  t.match(wrong, { status: 401, body: { code: 'invalid_credentials' } });
  t.same(unknown, wrong);
});

t.test('the limit of attempts is the same for unknown and known users', async (t) => {
  for (const username of [ADMIN.username, 'unknown']) {
    for (let i = 0; i < 10; i++) t.equal((await attempt({ ...WRONG, username })).statusCode, 401);
    t.match((await attempt({ ...WRONG, username })).json(), { status: 429 }, username);
  }
});

t.test(
  'the eleventh failure is 429 at once, with a reason and Retry-After, and verifies no hash',
  async (t) => {
    for (let i = 0; i < 10; i++) await attempt(WRONG);
    let refused: LightMyRequestResponse | undefined;
    const verified = await verifications(async () => {
      refused = await attempt({ ...ADMIN, username: 'Admin' });
    });
    t.equal(verified, 0);
    t.match(refused?.json(), {
      status: 429,
      title: 'Too Many Requests',
      code: 'too_many_attempts',
      instance: '/auth/login',
    });
    t.match(refused?.headers, { 'content-type': /^application\/problem\+json/, 'cache-control': 'no-store' });
    const retryAfter = Number(refused?.headers['retry-after']);
    t.ok(retryAfter > 590 && retryAfter <= 600, `${retryAfter} s`);
  },
);

t.test('a user who signs in too often gets 429, and leaves no more events', async (t) => {
  const { id, credentials } = await makeUser(app, 'often');
  const wrong = { ...credentials, password: 'not the password' };
  for (let i = 0; i < 3; i++) await attempt(wrong);
  t.equal(await redis.exists(`{auth}:sign-ins-of:${id}`), 0, 'a failure takes nothing from the budget');
  await redis.set(`{auth}:sign-ins-of:${id}`, within.redisClock.now() + 10_000 * 20_000);
  const refused = await attempt(credentials);
  t.match(refused.json(), { status: 429, code: 'too_many_sign_ins' });
  t.ok(Number(refused.headers['retry-after']) <= 20);
  t.equal((await attempt(wrong)).statusCode, 401, 'the budget is not visible without the password');
  const { access_token: token } = await login(app);
  const events = await recordedEvents(app, token, `event=sign_in&user_id=${id}`, 4);
  t.same(new Set(events.map(({ outcome }) => outcome)), new Set(['refused']));
});

t.test('each sign-in is in the audit with its user, a reached limit once, and no typed name', async (t) => {
  const { id, credentials } = await makeUser(app, 'audited');
  const typed = 'a-password-typed-here';
  const address = '192.0.2.77';
  const { access_token } = (await attempt(credentials, address)).json<Tokens>();
  await times(15, () => attempt({ ...credentials, password: typed }, address));
  await attempt({ ...credentials, username: typed }, address);
  await times(3, () => attempt(credentials, address));
  const sid = JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString()).sid;
  const events = async () =>
    (
      await within.pg.query(
        'SELECT event, outcome, actor_id, user_id, session_id, detail FROM security_events WHERE address = $1 ORDER BY id',
        [address],
      )
    ).rows;
  await waitFor(async () => (await events()).length >= 13);
  const found = await events();
  const unidentified = { actor_id: null, session_id: null, detail: null };
  const refused = { event: 'sign_in', outcome: 'refused', ...unidentified };
  const succeeded = { event: 'sign_in', outcome: 'succeeded', detail: null };
  t.match(found[0], { ...succeeded, actor_id: id, user_id: id, session_id: sid });
  const of = (event: string, userId: string | null) =>
    found.filter((row) => row.event === event && row.outcome === 'refused' && row.user_id === userId);
  t.equal(of('sign_in', id).length, 10);
  t.match(of('sign_in', null), [refused]);
  t.match(of('sign_in_throttled', id), [{ ...unidentified, detail: 'account' }]);
  t.equal(found.length, 13);
  t.notOk(JSON.stringify(found).includes(typed));
  t.notOk(auth.logged().includes(typed));
});

t.test('guesses do not lock out the right password from another address', async (t) => {
  await times(50, () => attempt(WRONG));
  t.equal((await attempt(ADMIN)).statusCode, 429);
  t.equal((await attempt(ADMIN, ELSEWHERE)).statusCode, 200);
  t.equal((await attempt(ADMIN, '2001:db8::1')).statusCode, 200);
});

t.test('of fifty concurrent guesses, ten are verified', async (t) => {
  let answers: LightMyRequestResponse[] = [];
  const verified = await verifications(async () => {
    answers = await times(50, (i) => attempt({ ...WRONG, password: `guess number ${i}` }));
  });
  t.equal(verified, 10);
  t.same(statuses(answers), [...Array(10).fill(401), ...Array(40).fill(429)]);
});

t.test('a right guess among wrong guesses gets in, and the wrong guesses stay counted', async (t) => {
  for (let i = 0; i < 9; i++) await attempt(WRONG);
  t.equal((await attempt(ADMIN)).statusCode, 200);
  t.equal((await attempt(WRONG)).statusCode, 401);
  t.equal((await attempt(ADMIN)).statusCode, 429);
});

t.test('many right sign-ins in a row are no attack', async (t) => {
  const count = rounds({ short: 50, long: 1_000 });
  for (let i = 0; i < count; i++) await login(app);
  await waitFor(async () => (await failuresFrom('127.0.0.1')) === 0);
  t.pass(`${count} sign-ins`);
});

t.test(
  'right sign-ins count until they have succeeded: of many concurrent ones ten get in, and others only afterwards',
  async (t) => {
    const { verify } = within.passwords;
    let refused = 0;
    within.passwords.verify = async (...args) => {
      await waitFor(() => refused === 190, 60_000);
      return verify(...args);
    };
    const answers = await times(200, async () => {
      const answer = await attempt(ADMIN);
      if (answer.statusCode === 429) refused += 1;
      return answer;
    });
    within.passwords.verify = verify;
    t.same(statuses(answers), [...Array(10).fill(200), ...Array(190).fill(429)]);
    for (const { statusCode, headers } of answers) {
      if (statusCode === 429) t.equal(headers['retry-after'], '1');
    }
    await waitFor(async () => (await failuresFrom(HERE)) === 0);
    t.equal((await attempt(ADMIN)).statusCode, 200);
  },
);

t.test('a full hashing queue is 503, and counts no attempt', async (t) => {
  let isOver = false;
  /** Takes a free place in the queue, and takes it again as soon as it is free. */
  const holdPlace = async (): Promise<void> => {
    const isTaken = await within.passwords.hash('a password').catch(() => undefined);
    if (isTaken !== undefined && !isOver) await holdPlace();
  };
  const places = times(110, holdPlace);
  const answers = [];
  for (let i = 0; i < 12; i++) answers.push(await attempt(WRONG));
  isOver = true;
  await places;
  t.same(statuses(answers), Array(12).fill(503));
  await waitFor(async () => (await failuresFrom(HERE)) === 0);
});

t.test('the keys and refresh answer during 200 concurrent sign-ins from as many addresses', async (t) => {
  const users = await times(4, (i) => makeUser(app, `one-of-many-${i}`));
  let { refresh_token } = await login(app);
  let isOver = false;
  const signIns = times(200, (i) => attempt(users[i % 4]?.credentials ?? ADMIN, `203.0.113.${i}`)).finally(
    () => {
      isOver = true;
    },
  );
  const elapsed: Record<'keys' | 'refresh', number[]> = { keys: [], refresh: [] };
  while (!isOver) {
    const start = performance.now();
    t.equal((await app.inject('/.well-known/jwks.json')).statusCode, 200);
    elapsed.keys.push(performance.now() - start);
    const refreshStart = performance.now();
    const refreshed = await post(app, '/auth/refresh', { refresh_token });
    elapsed.refresh.push(performance.now() - refreshStart);
    t.equal(refreshed.statusCode, 200);
    refresh_token = refreshed.json<Tokens>().refresh_token;
  }
  const answers = await signIns;
  for (const { statusCode } of answers) t.ok([200, 503].includes(statusCode), `${statusCode}`);
  t.ok(answers.filter(({ statusCode }) => statusCode === 200).length >= 100);
  for (const [what, ms] of Object.entries(elapsed)) {
    const sorted = ms.sort((a, b) => a - b);
    const [median, longest] = [sorted[sorted.length >> 1], sorted.at(-1)].map((value) => value?.toFixed(1));
    t.comment(`${what} during 200 sign-ins: ${sorted.length}, median ${median} ms, longest ${longest} ms`);
  }
});
