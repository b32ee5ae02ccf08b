import type { Kind, Observation } from './load.ts';

const GROUPS: Record<string, Kind[]> = {
  auth: ['sign in', 'refresh', 'sign out'],
  'customers, valid tokens': ['read', 'read one', 'create', 'update'],
  'customers, ended sessions': ['read, signed out'],
};

export const isFailure = ({ status }: Pick<Observation, 'status'>) => status === 503 || status === 0;

/** A line for each group of requests: the number of answers with each status, and the time until a 503. */
export function report(observations: Observation[]): string[] {
  return Object.entries(GROUPS).map(([group, kinds]) => {
    const observed = observations.filter(({ kind }) => kinds.includes(kind));
    const failed = observed.filter(isFailure).map(({ tookMs }) => tookMs);
    const times =
      failed.length === 0
        ? ''
        : `; 503 after ${percentile(failed, 0.5)} ms (p50), ${percentile(failed, 0.99)} ms (p99)`;
    return `${group}: ${countStatuses(observed)}${times}`;
  });
}

/** The times from `since` until the first successful request was sent, and until the last failed one was sent. */
export function recovery(
  observations: Observation[],
  since: number,
): { firstSuccessMs: number; normalMs: number } {
  const after = observations.filter(({ sentAt }) => sentAt >= since);
  const succeeded = after
    .filter((observation) => !isFailure(observation))
    .map(({ sentAt }) => sentAt - since);
  const failed = after.filter(isFailure).map(({ sentAt }) => sentAt - since);
  return { firstSuccessMs: Math.min(...succeeded), normalMs: Math.max(0, ...failed) };
}

function countStatuses(observations: Observation[]): string {
  const counts = new Map<number, number>();
  for (const { status } of observations) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts]
    .sort(([one], [other]) => one - other)
    .map(([status, count]) => `${count} × ${status}`)
    .join(', ');
}

function percentile(values: number[], share: number): string {
  const sorted = values.toSorted((one, other) => one - other);
  return (sorted[Math.ceil(sorted.length * share) - 1] ?? 0).toFixed();
}
