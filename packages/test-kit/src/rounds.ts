/** Whether this is a run of `npm run test:long`. */
export function isLong(): boolean {
  return process.env.TEST_LONG === '1';
}

/** The number of rounds of a test: `short` in `npm test`, `long` in `npm run test:long`. */
export function rounds(counts: { short: number; long: number }): number {
  return isLong() ? counts.long : counts.short;
}
