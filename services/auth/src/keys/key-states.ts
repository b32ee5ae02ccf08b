import { REVOCATION_RETENTION_SECONDS } from '@pair/access-token';

/** A key outlives the last token that it signed, by the tolerance for clocks, caches and reloads. */
export const RETIRING_MS = REVOCATION_RETENTION_SECONDS * 1_000;

/** The times that decide the state of a key. */
export interface KeyTimes {
  activeFrom: Date;
  revokedAt: Date | null;
}

/** Keys that are `next`, `active` or `retiring` are published and verify; the `active` key signs. */
export type KeyState = 'next' | 'active' | 'retiring' | 'gone';

/**
 * Returns the state of each of `keys`, which are in the order of `activeFrom`. The rows and the time alone decide it, so
 * replicas never disagree. The last key whose `activeFrom` has passed is active. If that key is revoked, its successor is
 * active at once. A predecessor never becomes active again, because other replicas may have dropped it.
 */
export function keyStates(keys: readonly KeyTimes[], nowMs: number): KeyState[] {
  // a key that was revoked before its `activeFrom` has never succeeded another key
  const line = keys.filter(({ activeFrom, revokedAt }) => revokedAt === null || activeFrom < revokedAt);
  const current = line.findLastIndex(({ activeFrom }) => activeFrom.getTime() <= nowMs);
  const active = line.find(({ revokedAt }, index) => index >= current && revokedAt === null);

  return keys.map((key) => {
    if (key.revokedAt !== null) return 'gone';
    if (key === active) return 'active';
    const successor = line[line.indexOf(key) + 1];
    if (key.activeFrom.getTime() > nowMs || successor === undefined) return 'next';
    return successor.activeFrom.getTime() + RETIRING_MS > nowMs ? 'retiring' : 'gone';
  });
}
