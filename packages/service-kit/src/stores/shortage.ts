/** Longer than Sentinel needs to point the replicas at a new primary, 1.1 s, and shorter than the replay window. */
const SHORTAGE_MS = 5_000;
/** The greatest silence of a replica that works, in the whole seconds that INFO counts. */
const MAX_LAG_SECONDS = 1;

/**
 * The number of replicas that must confirm a write: all. When some have been missing for five seconds without a break, on one
 * connection, one suffices until all are back; it is never none. Without this rule one lost server would stop every
 * sign-in.
 *
 * @param now a monotonic clock in ms
 */
export function shortage(replicas: number, now: () => number) {
  let shortSince: number | undefined;

  /** Takes the number of replicas that have confirmed a write, or that work. */
  function note(count: number): void {
    if (count >= replicas) shortSince = undefined;
    else shortSince ??= now();
  }

  return {
    needed(): number {
      return shortSince !== undefined && now() - shortSince >= SHORTAGE_MS ? 1 : replicas;
    },
    note,
    /** During a shortage `WAIT` does not wait for all, and an idle process writes nothing: INFO says how many replicas work. */
    inspect(info: string): void {
      const lags = [...info.matchAll(/^slave\d+:.*state=online.*lag=(\d+)/gm)].map(([, lag]) => Number(lag));
      note(lags.filter((lag) => lag <= MAX_LAG_SECONDS).length);
    },
    /** Another connection may lead to another primary, and its replicas have not been counted. */
    reset(): void {
      shortSince = undefined;
    },
  };
}
