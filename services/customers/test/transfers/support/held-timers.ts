import type { Teardown } from '@pair/test-kit';

export const FIVE_MINUTES_MS = 300_000;

/** Holds timers of this duration that are set from now on, and returns a function that fires them at once. */
export function heldTimers(t: Teardown, durationMs: number): () => void {
  const { setTimeout } = globalThis;
  const held: (() => void)[] = [];
  globalThis.setTimeout = ((run: () => void, ms: number, ...more: []) => {
    if (ms !== durationMs) return setTimeout(run, ms, ...more);
    held.push(run);
    return setTimeout(() => {}, 0);
  }) as typeof setTimeout;
  t.teardown(() => {
    globalThis.setTimeout = setTimeout;
  });
  return () => {
    if (held.length === 0) throw new Error(`nothing waits for ${durationMs} ms`);
    for (const run of held.splice(0)) run();
  };
}
