import { randomBytes } from 'node:crypto';
import { isLong, isWithin, rounds, testDatabase } from '@pair/test-kit';
import t, { type Test } from 'tap';
import { type Report, startLab, startSystem, underFault } from '../support/failover-load.ts';
import { FAULTS } from '../support/redis-faults.ts';

/** A failover, and five seconds until one replica suffices. On a busy machine the Sentinels elect more slowly. */
const WRITES_AGAIN_MS = rounds({ short: 15_000, long: 8_000 });
const READY_AGAIN_MS = rounds({ short: 20_000, long: 10_000 });
/** A failover undoes sign-outs of about a second, and another load may leave none in it. */
const CONTROL_ROUNDS = 5;
type Name = keyof typeof FAULTS;

t.setTimeout(3_600_000);
const stores = {
  DATABASE_URL: await testDatabase(t),
  KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
};
const labs = await Promise.all([startLab(t), startLab(t)]);

/** In the long form: fifty faults, of each lab half. */
const ROUNDS: Record<Name, number> = {
  killed: 5,
  paused: 5,
  planned: 3,
  restarted: 3,
  unseen: 5,
  partitioned: 5,
};
const faultsOf = (...names: Name[]) =>
  isLong() ? Object.entries(ROUNDS).flatMap(([name, count]) => Array<Name>(count).fill(name as Name)) : names;

for (const [replicas, names] of [
  [0, ['killed']],
  [1, ['unseen', 'paused']],
] as [number, Name[]][]) {
  const skip = replicas > 0 && !isLong() ? 'only in the long form' : false;
  t.test(`the control: with ${replicas} confirmations a failover undoes sign-outs`, { skip }, async (t) => {
    const system = await startSystem(t, labs[0], { ...stores, REDIS_REPLICAS: replicas });
    const reports: Report[] = [];
    for (let round = 0; round < CONTROL_ROUNDS && sum(reports, 'undone') === 0; round++) {
      for (const name of names) reports.push(await underFault(system, FAULTS[name]));
    }
    t.ok(sum(reports, 'undone') > 0, `${sum(reports, 'undone')} of ${sum(reports, 'signedOut')} are undone`);
  });
}

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

function sum(reports: Report[], figure: 'signedOut' | 'undone' | 'rotated'): number {
  return reports.reduce((total, report) => total + report[figure], 0);
}
