// Runs alone: it measures how soon requests succeed after a failover.
import { isLong, isWithin, missingPatroni, testPatroni } from '@pair/test-kit';
import t from 'tap';
import { startLab, underLoad } from './support/faults/under-load.ts';

/** Few, because six programs share the machine with the pair. */
const REQUESTS_PER_SECOND = 60;
/** HAProxy asks Patroni once a second. */
const RESERVE_MS = 3_000;
const SWITCHOVER_LIMIT_MS = 4_000;

const skip = isLong() ? await missingPatroni() : 'only in npm run test:long';

t.setTimeout(600_000);

t.test('the node of the primary is killed under Patroni, behind HAProxy', { skip }, async (t) => {
  const postgres = await testPatroni(t);
  const lab = await startLab(t, postgres, REQUESTS_PER_SECOND);
  const { outageMs } = await underLoad(t, lab, postgres.killPrimary);
  t.ok(isWithin(outageMs, postgres.ttlMs + RESERVE_MS), `${outageMs.toFixed()} ms`);
});

t.test('a switchover of Patroni, behind HAProxy', { skip }, async (t) => {
  const postgres = await testPatroni(t);
  const lab = await startLab(t, postgres, REQUESTS_PER_SECOND);
  const { outageMs } = await underLoad(t, lab, postgres.switchOver);
  t.ok(isWithin(outageMs, SWITCHOVER_LIMIT_MS), `${outageMs.toFixed()} ms`);
});
