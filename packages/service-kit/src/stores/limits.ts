/** The longest that a process waits for a store, in ms. */
export interface StoreLimits {
  /** The wait for a free connection to PostgreSQL. */
  waitMs: number;
  /** The time of a statement, which may read too much. */
  statementMs: number;
  /** The wait of a statement for a lock. */
  lockMs: number;
  /** The time of a command of Redis, which may be overloaded. */
  commandMs: number;
  /** The time without any answer after which a store is away: see `watchSilence`. */
  silenceMs: number;
}

/**
 * The limits of production. `waitMs` and `statementMs` together are well below the time-out of the gateway (10 s). A server
 * that runs answers within a few milliseconds, even on a busy machine, so `silenceMs` is short.
 */
export const STORE_LIMITS: StoreLimits = {
  waitMs: 3_000,
  statementMs: 1_500,
  lockMs: 400,
  commandMs: 3_000,
  silenceMs: 300,
};
