import { setTimeout as delay } from 'node:timers/promises';
import { type Teardown, type TestPostgres, waitFor } from '@pair/test-kit';
import type { Test } from 'tap';
import { type Api, call, openApi } from '../api.ts';
import { addAdmin, type Credentials, startSystem } from '../system.ts';
import { Ledger } from './ledger.ts';
import { type Observation, startLoad } from './load.ts';
import { isFailure, report } from './report.ts';

/** A fault is over when no request has failed for this time. */
const CALM_MS = 2_000;
const LIMIT_MS = 20_000;
/** Redis has no fault. */
const REVOKED_WITHIN_MS = 1_000;

/** A system on a PostgreSQL that fails over. The ledger covers the whole run. */
export interface Lab {
  api: Api;
  ledger: Ledger;
  users: Credentials[];
  requestsPerSecond: number;
}

export async function startLab(
  t: Teardown,
  postgres: Pick<TestPostgres, 'database'>,
  requestsPerSecond: number,
): Promise<Lab> {
  const { url } = await startSystem(t, { postgres });
  const api = openApi(url);
  t.teardown(() => api.agent.destroy());
  // a user may have a hundred sessions only
  const users = await Promise.all(Array.from({ length: 10 }, () => addAdmin(url)));
  const ledger = new Ledger();
  // many, because users also sign out while none can sign in
  for (const body of users)
    for (let i = 0; i < 5; i++) ledger.signedIn(await call(api, 'POST', '/auth/login', { body }));
  return { api, ledger, users, requestsPerSecond };
}

/** Times in ms. */
export interface Outcome {
  /** The requests that were sent before the end of the fault. */
  during: Observation[];
  /** From the begin of the fault until the last request was sent that failed. */
  outageMs: number;
  /** From the end of the fault until then; 0 if none failed after it. */
  lateMs: number;
}

/** Runs a fault under load until requests succeed again, and checks that all acknowledged data is there. */
export async function underLoad(t: Test, lab: Lab, fault: () => Promise<void>): Promise<Outcome> {
  const revokedWithinMs = () => REVOKED_WITHIN_MS;
  const load = startLoad({ ...lab, revokedWithinMs });
  t.teardown(load.stop);
  await waitFor(() => performance.now() - load.lastFailureAt > CALM_MS / 2, LIMIT_MS);

  const begunAt = performance.now();
  await fault();
  const endedAt = performance.now();
  await delay(CALM_MS);
  await waitFor(() => performance.now() - load.lastFailureAt > CALM_MS, LIMIT_MS);
  await load.stop();

  const since = load.observations.filter(({ sentAt }) => sentAt >= begunAt);
  const during = since.filter(({ sentAt }) => sentAt < endedAt);
  const lastFailureAt = Math.max(begunAt, ...since.filter(isFailure).map(({ sentAt }) => sentAt));
  const outcome = {
    during,
    outageMs: lastFailureAt - begunAt,
    lateMs: Math.max(0, lastFailureAt - endedAt),
  };
  for (const line of report(since)) t.comment(`${t.name}: ${line}`);
  const [lasted, outage, late] = [endedAt - begunAt, outcome.outageMs, outcome.lateMs].map(Math.round);
  t.comment(`${t.name}: ${lasted} ms; failures for ${outage} ms, up to ${late} ms after its end`);
  await lab.ledger.check(lab.api);
  t.same(lab.ledger.violations.splice(0), []);
  t.comment(`${t.name}: acknowledged so far, all there: ${lab.ledger}`);
  return outcome;
}
