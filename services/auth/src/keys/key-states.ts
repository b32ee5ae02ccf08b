import { REVOCATION_RETENTION_SECONDS } from '@pair/access-token';

/** A key outlives the last token it signed by what clocks, caches and reloads may be apart. */
export const RETIRING_MS = REVOCATION_RETENTION_SECONDS * 1_000;

/** What the state of a key follows from. */
export interface KeyTimes {
  activeFrom: Date;
  revokedAt: Date | null;
}

/** `next` and `active` and `retiring` keys are published and verify; `active` is the one that signs. */
export type KeyState = 'next' | 'active' | 'retiring' | 'gone';

/**
 * The state of each of `keys`, which are in the order of `activeFrom`. It follows from the rows and the time alone, so
 * that replicas never disagree. The last key whose time has come is active. If that one is revoked, the one after it
 * is, before its time, and never one before it: others may have dropped that.
 */
export function keyStates(keys: readonly KeyTimes[], nowMs: number): KeyState[] {
  // a key that was revoked before its time has never followed another
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
