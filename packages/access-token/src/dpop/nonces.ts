import { NONCE_LIFETIME_SECONDS } from '../contract.ts';

/** The clock of Redis may be ahead of the clock of this process by so much. */
const MAX_CLOCK_LEAD_MS = 5_000;

/** The nonces of proofs (RFC 9449 §8, §9) that this process knows. They are the clock, so the clock of a client does not matter. */
export interface Nonces {
  /** The nonce to send to clients; undefined if auth has made none for two minutes. */
  newest(): string | undefined;
  /** True for two minutes from when auth made the nonce. */
  accepts(nonce: string): boolean;
  /** The time since this process learned the newest nonce, in seconds. */
  ageSeconds(): number;
}

/** @param now a monotonic clock in ms */
export function nonceMemory(now: () => number): Nonces & { note(nonce: string, untilSeconds: number): void } {
  const expiries = new Map<string, number>();
  const startedAt = now();
  let newest: string | undefined;
  let notedAt = startedAt;

  const accepts = (nonce: string) => (expiries.get(nonce) ?? 0) > now();

  return {
    /** A process that starts reads nonces that are older, so the time of day limits them too. */
    note(nonce, untilSeconds) {
      for (const [known, expiry] of expiries) if (expiry <= now()) expiries.delete(known);
      const leftMs = Math.min(
        untilSeconds * 1_000 - Date.now() + MAX_CLOCK_LEAD_MS,
        NONCE_LIFETIME_SECONDS * 1_000,
      );
      if (leftMs <= 0 || expiries.has(nonce)) return;
      expiries.set(nonce, now() + leftMs);
      newest = nonce;
      notedAt = now();
    },
    accepts,
    newest: () => (newest !== undefined && accepts(newest) ? newest : undefined),
    ageSeconds: () => (now() - notedAt) / 1_000,
  };
}
