import { AsyncResource } from 'node:async_hooks';

/** Calls `run` after `delayMs`, and returns a function that cancels the call. A test may pass its own. */
export type SetTimer = (run: () => Promise<void>, delayMs: number) => () => void;

export interface Repetition {
  /** Resolves at the end of the current run; undefined between runs. */
  readonly running: Promise<void> | undefined;
  /** Begins a run after `delayMs`, unless a run is due or under way. */
  start(delayMs: number): void;
  /** Begins a run at once, in place of the run that is due. Resolves at its end; never rejects. */
  runNow(): Promise<void>;
  stop(): void;
}

/**
 * Repeats `work` in the background, one run at a time, until `stop`. Its timers keep no process alive. A run that a timer
 * begins has the asynchronous context of this call: it is no part of the request that began an earlier run.
 *
 * @param options.pauseMs returns the time from the end of a run to the next; `failures` counts the failed runs since the
 *   last success. Undefined pauses the repetition until the next `start`.
 * @param options.onFailure receives the error of a failed run
 */
export function repeat(
  work: () => Promise<unknown>,
  options: {
    pauseMs: (failures: number) => number | undefined;
    onFailure?: (error: unknown) => void;
    setTimer?: SetTimer;
  },
): Repetition {
  const { pauseMs, onFailure, setTimer = unrefTimer } = options;
  let cancel: (() => void) | undefined;
  let running: Promise<void> | undefined;
  let failures = 0;
  let isStopped = false;
  const background = new AsyncResource('Repetition');

  function runNow(): Promise<void> {
    running ??= run().finally(() => {
      running = undefined;
      schedule(pauseMs(failures));
    });
    return running;
  }

  async function run(): Promise<void> {
    cancel?.();
    cancel = undefined;
    try {
      await work();
      failures = 0;
    } catch (error) {
      failures += 1;
      onFailure?.(error);
    }
  }

  function schedule(delayMs: number | undefined): void {
    if (delayMs === undefined || isStopped || cancel !== undefined || running !== undefined) return;
    cancel = setTimer(() => {
      cancel = undefined;
      return background.runInAsyncScope(runNow);
    }, delayMs);
  }

  return {
    get running() {
      return running;
    },
    start: schedule,
    runNow,
    stop() {
      isStopped = true;
      cancel?.();
    },
  };
}

const unrefTimer: SetTimer = (run, delayMs) => {
  const timer = setTimeout(run, delayMs).unref();
  return () => clearTimeout(timer);
};
