import { NONCE_LIFETIME_SECONDS } from '../contract.ts';

/** The clock of Redis may be ahead of the clock of this process by so much. */
const MAX_CLOCK_LEAD_MS = 5_000;

/** The time in which every process learns a new nonce. */
const SPREAD_MS = 1_000;

/** The nonces of proofs (RFC 9449 §8, §9) that this process knows. They are the clock, so the clock of a client does not matter. */
export interface Nonces {
  /**
   * The nonce to send to clients; undefined if auth has made none for two minutes. A new one comes a second after this process
   * learned it: the client may use it at another process.
   */
  newest(): string | undefined;
  /** True for two minutes from when auth made the nonce. */
  accepts(nonce: string): boolean;
  /** The time since this process learned the newest nonce, in seconds. */
  ageSeconds(): number;
}

/** The end of a nonce, by two clocks: either ends it. A machine that was suspended has a monotonic clock that stood still. */
interface Life {
  monotonic: number;
  timeOfDay: number;
}

/** @param now a monotonic clock in ms */
export function nonceMemory(now: () => number): Nonces & { note(nonce: string, untilSeconds: number): void } {
  const lives = new Map<string, Life>();
  let newest: string | undefined;
  /** The one before, until every process knows the newest. */
  let previous: string | undefined;
  let notedAt = now();

  const isOver = ({ monotonic, timeOfDay }: Life) => monotonic <= now() || timeOfDay <= Date.now();
  const accepts = (nonce: string) => {
    const life = lives.get(nonce);
    return life !== undefined && !isOver(life);
  };

  return {
    /** Nonces come in the order in which auth made them, and come again when the stream is read again. */
    note(nonce, untilSeconds) {
      // not before: a nonce that is read again must not begin a second life
      for (const [known, { timeOfDay }] of lives) if (timeOfDay <= Date.now()) lives.delete(known);
      const timeOfDay = untilSeconds * 1_000 + MAX_CLOCK_LEAD_MS;
      if (timeOfDay <= Date.now()) return;
      if (!lives.has(nonce)) {
        previous = now() - notedAt < SPREAD_MS ? undefined : newest;
        lives.set(nonce, { monotonic: now() + NONCE_LIFETIME_SECONDS * 1_000, timeOfDay });
        notedAt = now();
      }
      newest = nonce;
    },
    accepts,
    newest() {
      const isSpread = now() - notedAt >= SPREAD_MS;
      if (!isSpread && previous !== undefined && accepts(previous)) return previous;
      return newest !== undefined && accepts(newest) ? newest : undefined;
    },
    ageSeconds: () => (now() - notedAt) / 1_000,
  };
}
