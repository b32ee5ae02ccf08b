import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import t from 'tap';
import { orAborted, systemClock } from '../src/clock.ts';
import type { Client, Clock } from '../src/index.ts';
import { isRepeatable } from '../src/retry.ts';
import {
  fakeClock,
  fakeServer,
  isRefresh,
  problem,
  signedIn,
  takesOnly,
  tokenOf,
  unavailable,
} from './support/fake-server.ts';

const OK = () => Response.json({ items: [], next_cursor: null });
const id = '0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10';
const ada = { name: 'Ada Lovelace', dob: '1815-12-10' };

/** Answers with each in turn, and then always with the last. */
function inTurn(...answers: (() => Response)[]) {
  let next = 0;
  return () => {
    const answer = answers[Math.min(next, answers.length - 1)];
    next += 1;
    return answer?.() ?? Response.error();
  };
}

t.test(
  'the client repeats a request after a 503, when Retry-After has passed and a little more',
  async (t) => {
    const { client, received, clock } = fakeServer(
      inTurn(() => unavailable('2'), OK),
      { storage: signedIn() },
    );
    await client.customers.GET('/customers');
    t.equal(received.length, 2);
    t.equal(clock.sleptMs.length, 1);
    const [sleptMs = 0] = clock.sleptMs;
    t.ok(sleptMs >= 2_000 && sleptMs <= 2_500, `${sleptMs} ms`);
  },
);

t.test('the client gives up after four attempts, or if the waits would exceed five seconds', async (t) => {
  for (const { retryAfter, attempts } of [
    { retryAfter: '0', attempts: 4 },
    { retryAfter: '1', attempts: 4 },
    { retryAfter: '3', attempts: 2 },
    { retryAfter: '6', attempts: 1 },
    { retryAfter: '86400', attempts: 1 },
    { retryAfter: 'soon', attempts: 1 },
  ]) {
    const { client, received } = fakeServer(() => unavailable(retryAfter), { storage: signedIn() });
    await t.rejects(client.customers.GET('/customers'), { status: 503, code: 'unavailable' });
    t.equal(received.length, attempts, retryAfter);
  }
});

t.test('the client repeats any request after a 429, because the service has not run it', async (t) => {
  const soon = fakeServer(inTurn(() => problem(429, 'too_many_requests', { 'retry-after': '1' }), OK));
  await soon.client.auth.POST('/auth/users', {
    body: { username: 'ada', password: 'the engine', scope: '' },
  });
  t.equal(soon.received.length, 2);
  const late = fakeServer(() => problem(429, 'too_many_attempts', { 'retry-after': '600' }));
  await t.rejects(late.client.signIn('ada', 'the engine'), {
    code: 'too_many_attempts',
    retryAfterSeconds: 600,
  });
  t.equal(late.received.length, 1);
});

t.test('after a 503 the client repeats only idempotent requests', async (t) => {
  const byId = { params: { path: { id } } };
  const table: [string, boolean, (client: Client) => Promise<unknown>][] = [
    ['GET', true, ({ customers }) => customers.GET('/customers/{id}', byId)],
    ['PUT', true, ({ customers }) => customers.PUT('/customers/{id}', { ...byId, body: ada })],
    ['DELETE', true, ({ customers }) => customers.DELETE('/customers/{id}', byId)],
    ['a POST with an Idempotency-Key', true, ({ customers }) => customers.POST('/customers', { body: ada })],
    ['signing out', true, ({ auth }) => auth.POST('/auth/logout', { body: { refresh_token: 'refresh-0' } })],
    ['revoking a token', true, ({ auth }) => auth.POST('/oauth/revoke', { body: { token: 'rt_' } })],
    ['introspecting a token', true, ({ auth }) => auth.POST('/oauth/introspect', { body: { token: 'rt_' } })],
    ['PATCH', false, ({ customers }) => customers.PATCH('/customers/{id}', { ...byId, body: ada })],
    ['signing in', false, (client) => client.signIn('ada', 'the engine')],
    [
      'a new password',
      false,
      ({ auth }) => auth.PUT('/auth/password', { body: { current_password: 'a', new_password: 'b' } }),
    ],
    [
      'creating a user',
      false,
      ({ auth }) =>
        auth.POST('/auth/users', { body: { username: 'ada', password: 'the engine', scope: '' } }),
    ],
  ];
  for (const [name, isRepeated, call] of table) {
    const { client, received } = fakeServer(() => unavailable(), { storage: signedIn() });
    await t.rejects(call(client), { code: 'unavailable' }, name);
    t.equal(received.length, isRepeated ? 4 : 1, name);
  }
});

t.test('each create has its own Idempotency-Key, which is the same in all attempts', async (t) => {
  const inProgress = () => problem(409, 'request_in_progress', { 'retry-after': '1' });
  const { client, received } = fakeServer(inTurn(unavailable, inProgress, OK), { storage: signedIn() });
  await client.customers.POST('/customers', { body: ada });
  await client.customers.POST('/customers', { body: ada });
  const [first, second, third, other] = received.map(({ headers }) => headers.get('idempotency-key'));
  t.match(first, /^[0-9a-f]{32}$/);
  t.same([second, third], [first, first]);
  t.not(other, first);
});

t.test('a create has the same Idempotency-Key when it is repeated with a new token', async (t) => {
  const taken = takesOnly('access-1');
  let isFirst = true;
  const { client, received } = fakeServer(
    (request) => {
      if (!isFirst) return taken(request);
      isFirst = false;
      return unavailable();
    },
    { storage: signedIn() },
  );
  await client.customers.POST('/customers', { body: ada });
  const creates = received.filter((request) => !isRefresh(request));
  t.same(creates.map(tokenOf), ['access-0', 'access-0', 'access-1']);
  t.equal(new Set(creates.map(({ headers }) => headers.get('idempotency-key'))).size, 1);
});

t.test('a stream is not repeatable, because the first attempt has consumed it', async (t) => {
  for (const body of [new Blob(['']).stream(), Readable.from([''])]) t.notOk(isRepeatable(body));
  t.notOk(isRepeatable({ getReader: () => undefined }), 'a stream of Safari, which is not iterable');
  for (const body of [undefined, '', {}, new Blob([''])]) t.ok(isRepeatable(body));
});

t.test('the Idempotency-Key of the caller stays', async (t) => {
  const { client, received } = fakeServer(OK, { storage: signedIn() });
  await client.customers.POST('/customers', { body: ada, params: { header: { 'Idempotency-Key': 'mine' } } });
  await client.customers.POST('/customers', { body: ada, headers: { 'Idempotency-Key': 'mine too' } });
  t.same(
    received.map(({ headers }) => headers.get('idempotency-key')),
    ['mine', 'mine too'],
  );
});

t.test(
  'a create has an Idempotency-Key also if the caller removes it, because it may be repeated',
  async (t) => {
    const { client, received } = fakeServer(() => (received.length < 3 ? unavailable() : Response.json({})), {
      storage: signedIn(),
    });
    await client.customers.POST('/customers', { body: ada, headers: { 'idempotency-key': null } });
    const keys = new Set(received.map(({ headers }) => headers.get('idempotency-key')));
    t.equal(keys.size, 1);
    t.notOk(keys.has(null));
  },
);

t.test('an abort ends the wait for a retry, and the request', async (t) => {
  const reason = new Error('cancelled');
  const controller = new AbortController();
  const clock = { ...fakeClock(), sleep: () => new Promise<void>(() => controller.abort(reason)) };
  const waiting = fakeServer(() => unavailable(), { storage: signedIn(), clock });
  await t.rejects(waiting.client.customers.GET('/customers', { signal: controller.signal }), reason);
  t.equal(waiting.received.length, 1);

  const answering = new AbortController();
  const answered = fakeServer(
    () => {
      answering.abort(reason);
      return unavailable();
    },
    { storage: signedIn() },
  );
  await t.rejects(answered.client.customers.GET('/customers', { signal: answering.signal }), reason);
  t.same(answered.clock.sleptMs, []);

  const sending = new AbortController();
  const hanging = fakeServer(
    ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        sending.abort(reason);
      }),
    { storage: signedIn() },
  );
  await t.rejects(hanging.client.customers.GET('/customers', { signal: sending.signal }), reason);
});

t.test('an abort clears the timer, which would keep the process alive', async (t) => {
  const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
  const before = timers();
  const controller = new AbortController();
  const sleep: Clock['sleep'] = (ms, signal) => {
    const sleeping = systemClock.sleep(ms, signal);
    t.equal(timers(), before + 1);
    controller.abort(new Error('cancelled'));
    return sleeping;
  };
  const { client } = fakeServer(() => unavailable('4'), {
    storage: signedIn(),
    clock: { ...fakeClock(), sleep },
  });
  await t.rejects(client.customers.GET('/customers', { signal: controller.signal }), {
    message: 'cancelled',
  });
  t.equal(timers(), before);
});

t.test('a signal that outlives the wait has no listeners of the client', async (t) => {
  const { signal } = new AbortController();
  await systemClock.sleep(0, signal);
  t.equal(await orAborted(Promise.resolve(1), signal), 1);
  await t.rejects(orAborted(Promise.reject(new Error('no')), signal), { message: 'no' });
  t.same(getEventListeners(signal, 'abort'), []);
});

t.test('an error of fetch is thrown unchanged, and the request is not repeated', async (t) => {
  const failure = new TypeError('fetch failed');
  const { client, received } = fakeServer(
    () => {
      throw failure;
    },
    { storage: signedIn() },
  );
  await t.rejects(client.customers.GET('/customers'), failure);
  t.equal(received.length, 1);
});
