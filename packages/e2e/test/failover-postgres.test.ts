// Runs alone: it measures how soon requests succeed after a failover.
import { setTimeout as delay } from 'node:timers/promises';
import { type Endpoint, isLong, isWithin, rounds, testStandby } from '@pair/test-kit';
import t from 'tap';
import { isFailure } from './support/faults/report.ts';
import { startLab, underLoad } from './support/faults/under-load.ts';

type Fault = 'killed' | 'paused';

const REQUESTS_PER_SECOND = 200;
const PROMOTED_AFTER_MS = rounds({ short: 2_000, long: 5_000 });
const GOOD_WITHIN_MS = 1_000;
/** The time after the promotion when a paused primary goes on. */
const RETURNS_AFTER_MS = 300;
const STANDBY_AWAY_MS = 24_000;
/** Of a process: ten for requests, two for checks, and two that may open for reads when writes hang on all ten. */
const MOST_CONNECTIONS = 14;
const FAULTS: [Fault, Endpoint][] = [
  ['killed', 'closes connections'],
  ['paused', 'keeps connections'],
  ['killed', 'keeps connections'],
  ['paused', 'closes connections'],
];

t.setTimeout(600_000);
const postgres = await testStandby(t);
const lab = await startLab(t, postgres, REQUESTS_PER_SECOND);

const faults = isLong() ? [...FAULTS, ...FAULTS] : FAULTS.slice(0, 1);
for (const [round, [fault, endpoint]] of faults.entries()) {
  t.test(`the primary is ${fault}, and the endpoint ${endpoint}`, async (t) => {
    if (round > 0) await postgres.rejoin();
    const old = postgres.primary;
    const { during, lateMs } = await underLoad(t, lab, async () => {
      if (fault === 'killed') await old.kill();
      else old.pause();
      await delay(PROMOTED_AFTER_MS);
      await postgres.failOver(endpoint);
      if (fault === 'paused') setTimeout(() => old.resume(), RETURNS_AFTER_MS);
    });
    t.ok(during.some(isFailure), 'the fault has an effect');
    t.ok(isWithin(lateMs, GOOD_WITHIN_MS), `good within ${GOOD_WITHIN_MS} ms (${lateMs.toFixed()} ms)`);
    if (fault === 'killed') return;
    const left = (await postgres.connectionsOf(old)).filter(({ isWaiting }) => !isWaiting);
    t.same(left, [], 'no process stays with the old primary');
  });
}

t.test('the standby is away', { skip: !isLong() && 'only in npm run test:long' }, async (t) => {
  await postgres.rejoin();
  const counts: number[] = [];
  const { during, lateMs } = await underLoad(t, lab, async () => {
    const until = performance.now() + STANDBY_AWAY_MS;
    await postgres.standby.stop();
    while (performance.now() < until) {
      const connections = await postgres.connectionsOf(postgres.primary);
      for (const service of ['auth', 'customers']) {
        counts.push(connections.filter(({ name }) => name === service).length);
      }
      await delay(100);
    }
    await postgres.standby.start();
  });
  const reads = during.filter(({ kind }) => kind === 'read' || kind === 'read one');
  const slowest = Math.max(...reads.map(({ tookMs }) => tookMs));
  const most = Math.max(...counts);
  t.comment(
    `${reads.length} reads, the slowest took ${slowest.toFixed()} ms; a process had ${most} connections at most`,
  );
  t.equal(reads.filter(isFailure).length, 0, 'no read fails');
  t.ok(during.some(isFailure), 'writes fail');
  t.ok(most <= MOST_CONNECTIONS, `at most ${MOST_CONNECTIONS} connections of a process`);
  t.ok(isWithin(lateMs, GOOD_WITHIN_MS), `good within ${GOOD_WITHIN_MS} ms (${lateMs.toFixed()} ms)`);
});
