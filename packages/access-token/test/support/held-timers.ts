import type { SetTimer } from '@pair/service-kit';
import { waitFor } from '@pair/test-kit';

interface HeldTimer {
  run: () => Promise<void>;
  delayMs: number;
}

/** Timers that the test fires. */
export function heldTimers() {
  const held: HeldTimer[] = [];
  const setTimer: SetTimer = (run, delayMs) => {
    const timer = { run, delayMs };
    held.push(timer);
    return () => held.splice(held.indexOf(timer), 1);
  };
  return {
    setTimer,
    /** Resolves when a timer is set. */
    async next(): Promise<HeldTimer> {
      await waitFor(() => held.length > 0);
      return held.shift() as HeldTimer;
    },
  };
}
