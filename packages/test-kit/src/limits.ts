/** The limits of production: for tests of a store that is slow, silent, away or locked. */
export const PRODUCTION_LIMITS = {};

/** For every other test: on a machine with much to do a request may wait for seconds, and must be answered all the same. */
export const PATIENT_LIMITS = {
  waitMs: 60_000,
  statementMs: 60_000,
  lockMs: 60_000,
  commandMs: 60_000,
  silenceMs: 60_000,
};
