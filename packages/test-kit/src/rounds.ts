/** The number of rounds of a test: `short` in `npm test`, `long` in `npm run test:long`. */
export function rounds(counts: { short: number; long: number }): number {
  return process.env.TEST_LONG === '1' ? counts.long : counts.short;
}
