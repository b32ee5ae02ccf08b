/** The limits of production: for tests of a database that is slow, away or locked. */
export const PRODUCTION_LIMITS = {};

/** For every other test: on a machine with much to do a request may wait for seconds, and must be answered all the same. */
export const PATIENT_LIMITS = { waitMs: 60_000, statementMs: 60_000 };
