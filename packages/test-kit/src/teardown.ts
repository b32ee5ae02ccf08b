/** What of tap's `t` is needed here. Tap runs the functions last come, first served, and waits for each. */
export interface Teardown {
  teardown(fn: () => unknown): unknown;
}
