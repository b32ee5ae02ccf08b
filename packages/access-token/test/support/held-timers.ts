import { waitFor } from '@pair/test-kit';
import type { Test } from 'tap';

/** The timers of key sets, which go off when the test says so. */
export function heldTimers(t: Test) {
  const { setTimeout: later } = globalThis;
  const held: { run: () => void; delayMs: number | undefined }[] = [];
  t.intercept(globalThis, 'setTimeout', {
    value: (run: () => void, delayMs?: number) => {
      if (run.name !== 'follow') return later(run, delayMs);
      held.push({ run, delayMs });
      return later(() => {}, delayMs);
    },
  });
  return {
    /** Resolves when one is set. */
    async next(): Promise<{ run: () => void; delayMs: number | undefined }> {
      await waitFor(() => held.length > 0);
      return held.shift() as (typeof held)[number];
    },
  };
}
