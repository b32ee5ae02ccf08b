import { randomBytes } from 'node:crypto';
import { isLong, isWithin, rounds, testDatabase } from '@pair/test-kit';
import t, { type Test } from 'tap';
import { type Report, startLab, startSystem, underFault } from '../support/failover-load.ts';
import { FAULTS } from '../support/redis-faults.ts';

/** A failover, and five seconds until one replica suffices. On a busy machine the Sentinels elect more slowly. */
const WRITES_AGAIN_MS = rounds({ short: 20_000, long: 10_000 });
const READY_AGAIN_MS = rounds({ short: 25_000, long: 13_000 });
/** A failover undoes sign-outs of about a second, and another load may leave none in it. */
const CONTROL_ROUNDS = 5;
type Name = keyof typeof FAULTS;

t.setTimeout(3_600_000);
const stores = {
  DATABASE_URL: await testDatabase(t),
  KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
};
const labs = await Promise.all([startLab(t), startLab(t)]);

/** The faults of one lab in the long form, 26 in all. */
const ROUNDS: Record<Name, number> = {
  killed: 5,
  paused: 5,
  unseen: 5,
  partitioned: 5,
  restarted: 3,
  planned: 3,
};
const faultsOf = (...short: Name[]) => {
  if (!isLong()) return short;
  const names = Object.keys(ROUNDS) as Name[];
  return [1, 2, 3, 4, 5].flatMap((round) => names.filter((name) => ROUNDS[name] >= round));
};

t.test('the control: without the barrier a failover undoes sign-outs', async (t) => {
  const system = await startSystem(t, labs[0], { ...stores, REDIS_REPLICAS: 0 });
  const { undone, signedOut } = await underFault(system, FAULTS.killed);
  t.ok(undone > 0, `${undone} of ${signedOut} are undone`);
});

t.test(
  'the control: with one confirmation a failover undoes sign-outs, and the count reveals it',
  { skip: isLong() ? false : 'only in the long form' },
  async (t) => {
    const system = await startSystem(t, labs[0], { ...stores, REDIS_REPLICAS: 1 });
    const reports: Report[] = [];
    const undone = () => sum(reports, 'undone') + sum(reports, 'unknown');
    for (let round = 0; round < CONTROL_ROUNDS && undone() === 0; round++) {
      for (const name of ['unseen', 'paused'] as const) reports.push(await underFault(system, FAULTS[name]));
    }
    t.ok(undone() > 0, `${undone()} of ${sum(reports, 'signedOut')} are undone`);
    t.match(system.logged(), 'lost confirmed writes', 'so all sessions have ended');
  },
);

t.test('with two confirmations no failover undoes anything that was acknowledged', async (t) => {
  const reports = await Promise.all([
    survives(t, 0, faultsOf('killed', 'paused', 'unseen')),
    survives(t, 1, faultsOf('restarted', 'planned', 'partitioned')),
  ]);
  const all = reports.flat();
  const longest = Math.max(...all.map(({ refusedMs }) => refusedMs)) / 1_000;
  t.comment(
    `${all.length} faults, ${sum(all, 'signedOut')} sign-outs, ${sum(all, 'rotated')} rotations, refused for ${longest.toFixed(1)} s`,
  );
});

async function survives(t: Test, lab: 0 | 1, faults: Name[]): Promise<Report[]> {
  const system = await startSystem(t, labs[lab], { ...stores, REDIS_REPLICAS: 2 });
  const reports: Report[] = [];
  for (const name of faults) {
    const report = await underFault(system, FAULTS[name]);
    reports.push(report);
    const { statuses, signedOut, undone, rotated, lost, unknown, refusedMs, readyMs } = report;
    t.comment(`${name}: ${signedOut} sign-outs, ${rotated} rotations, ${JSON.stringify(statuses)}`);
    t.ok(signedOut >= 20, `${name}: users have signed out`);
    t.equal(undone, 0, `${name}: no sign-out is undone`);
    t.equal(lost, 0, `${name}: no rotation is undone, and no session of another user has ended`);
    t.equal(unknown, 0, `${name}: a resource server knows each sign-out`);
    t.strictSame(
      Object.keys(statuses).filter((status) => !['200', '204', '503'].includes(status)),
      [],
      `${name}: each request gets its answer, or 503: ${errorsOf(system.logged())}`,
    );
    const seconds = (refusedMs / 1_000).toFixed(1);
    t.ok(isWithin(refusedMs, WRITES_AGAIN_MS), `${name}: requests were refused for ${seconds} s`);
    t.ok(isWithin(readyMs, READY_AGAIN_MS), `${name}: ready after ${(readyMs / 1_000).toFixed(1)} s`);
  }
  t.notMatch(system.logged(), 'lost confirmed writes');
  return reports;
}

function errorsOf(log: string): string[] {
  return log.split('\n').filter((line) => line.includes('"level":"error"'));
}

function sum(reports: Report[], figure: 'signedOut' | 'undone' | 'rotated' | 'unknown'): number {
  return reports.reduce((total, report) => total + report[figure], 0);
}
