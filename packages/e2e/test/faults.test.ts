// Runs alone: it measures how fast stores recover under load.
import { rounds, type TestServer, testPostgres, waitFor } from '@pair/test-kit';
import t, { type Test } from 'tap';
import { call, openApi } from './support/api.ts';
import { Ledger } from './support/faults/ledger.ts';
import { type Observation, startLoad } from './support/faults/load.ts';
import { isFailure, recovery, report } from './support/faults/report.ts';
import { troubles } from './support/faults/troubles.ts';
import { ADMIN, startSystem } from './support/system.ts';

const REQUESTS_PER_SECOND = rounds({ short: 100, long: 200 });
const TROUBLE_MS = rounds({ short: 1_500, long: 10_000 });
/** Short, so that customers refuses all tokens while Redis is away, and must recover afterwards. */
const STALENESS_MS = 5_000;
/** Every process knows a revocation within this time, while it can reach Redis. */
const REVOKED_WITHIN_MS = 1_000;

const postgres = await testPostgres(t);
const system = await startSystem(t, {
  customersProcesses: 2,
  postgres,
  env: { REVOCATION_MAX_STALENESS_SECONDS: String(STALENESS_MS / 1_000) },
});
const { redis } = system;
const api = openApi(system.url);
t.teardown(() => api.agent.destroy());
const users = await makeUsers(20);
/** Covers the whole run: all that was acknowledged before the first trouble must be there after the last. */
const ledger = new Ledger();

const everyTrouble: [name: string, server: TestServer, kind: keyof typeof troubles][] = [
  ['Redis', redis, 'killed'],
  ['Redis', redis, 'slow'],
  ['PostgreSQL', postgres, 'killed'],
  ['PostgreSQL', postgres, 'paused'],
  ['Redis', redis, 'stopped'],
  ['Redis', redis, 'paused'],
  ['Redis', redis, 'restarted'],
  ['PostgreSQL', postgres, 'stopped'],
  ['PostgreSQL', postgres, 'restarted'],
  ['PostgreSQL', postgres, 'slow'],
];

t.test('a store in trouble loses nothing that was acknowledged', async (t) => {
  for (let i = 0; i < 100; i++) {
    ledger.signedIn(await call(api, 'POST', '/auth/login', { body: users[i % users.length] ?? {} }));
  }
  for (const [name, server, kind] of everyTrouble.slice(0, rounds({ short: 4, long: everyTrouble.length }))) {
    await t.test(`${name} ${kind}`, (t) => staysTrue(t, server, kind));
  }
});

/** Checks the promises while a server is in trouble, and after it has recovered. */
async function staysTrue(t: Test, server: TestServer, kind: keyof typeof troubles) {
  let [begunAt, endedAt] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const load = startLoad({
    api,
    ledger,
    users,
    requestsPerSecond: REQUESTS_PER_SECOND,
    // a process may miss a revocation from just before its connection broke, until its feed is stale
    revokedWithinMs: (at) =>
      at > begunAt - REVOKED_WITHIN_MS && at < endedAt + REVOKED_WITHIN_MS
        ? STALENESS_MS + REVOKED_WITHIN_MS
        : REVOKED_WITHIN_MS,
  });
  t.teardown(load.stop);
  await waitFor(
    () => load.observations.length > REQUESTS_PER_SECOND && ledger.in('signed-out').length > 0,
    20_000,
  );

  begunAt = performance.now();
  await troubles[kind](server, TROUBLE_MS);
  endedAt = performance.now();
  await waitFor(() => performance.now() - Math.max(endedAt, load.lastFailureAt) > 1_000, 20_000);
  await load.stop();

  const during = load.observations.filter(({ sentAt }) => sentAt >= begunAt && sentAt < endedAt);
  const { firstSuccessMs, normalMs } = recovery(load.observations, endedAt);
  for (const line of report(during)) say(t, line);
  say(
    t,
    `first success ${firstSuccessMs.toFixed()} ms after its return, last failure ${normalMs.toFixed()} ms`,
  );
  if (server === redis) servesFromMemory(t, during, begunAt);

  await ledger.check(api);
  t.same(ledger.violations.splice(0), []);
  say(t, `acknowledged so far: ${ledger}`);
}

/** Checks that customers serves valid tokens without Redis, until its feed is stale. */
function servesFromMemory(t: Test, during: Observation[], begunAt: number): void {
  const fresh = during.filter(
    ({ kind, sentAt }) => kind === 'read' && sentAt < begunAt + STALENESS_MS - 1_000,
  );
  const served = fresh.filter((observation) => !isFailure(observation)).length / fresh.length;
  say(t, `valid tokens served inside the staleness bound: ${(served * 100).toFixed(1)} %`);
  if (fresh.length > 0) t.ok(served > 0.9);
}

const say = (t: Test, figures: string) => t.comment(`${t.name}: ${figures}`);

/** Creates several users, because each may have only a hundred sessions. */
async function makeUsers(count: number) {
  const login = await call(api, 'POST', '/auth/login', { body: ADMIN });
  const token = (login.body as { access_token: string }).access_token;
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const credentials = { username: `user-${i}`, password: `the password of user ${i}` };
      const body = { ...credentials, scope: 'customers:read customers:write' };
      const { status } = await call(api, 'POST', '/auth/users', { token, body });
      if (status !== 201) throw new Error(`make user: ${status}`);
      return credentials;
    }),
  );
}
