/** The part of tap's `t` that the test kit needs. Tap runs the functions last in, first out, and waits for each. */
export interface Teardown {
  teardown(fn: () => unknown): unknown;
}
