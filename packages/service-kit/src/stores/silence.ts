const STEP_MS = 50;
/** The number of times that this process must have read its sockets before it concludes that nothing has arrived. */
const LEAST_STEPS = 3;
/** After this time the client sends a quick request, because a single slow statement is not silence. */
const NUDGE_MS = 100;

/** The client's view of a server. */
export interface WatchedServer {
  /** True while an answer is outstanding. */
  isAsked(): boolean;
  /** True when anything has arrived since the last call. */
  hasSpoken(): boolean;
  /** Sends a request that the server can answer at once. */
  nudge?(): void;
  /** Called once for each silence. */
  giveUp(): void;
}

/**
 * Detects soon after `limitMs` that a server is away, and does not mistake a busy process or machine for that.
 * A timer alone cannot distinguish them: it also fires while an answer has arrived and waits to be read. So time counts
 * only together with steps, and each step ends after the event loop has read its sockets. Any answer at all ends a silence.
 */
export function watchSilence(server: WatchedServer, limitMs: number): { stop(): void } {
  let since = 0;
  let steps = 0;
  let isNudged = false;

  function heard(): void {
    since = performance.now();
    steps = 0;
    isNudged = false;
  }

  heard();
  return everyStep({ unref: true }, () => {
    const hasSpoken = server.hasSpoken(); // at every step, so that an old answer does not count as a new one
    if (hasSpoken || !server.isAsked()) return heard();
    steps += 1;
    const silentMs = performance.now() - since;
    if (silentMs >= NUDGE_MS && !isNudged) {
      isNudged = true;
      server.nudge?.();
    }
    if (silentMs >= limitMs && steps >= LEAST_STEPS) {
      heard();
      server.giveUp();
    }
  });
}

/**
 * Resolves with the result of `work`, or with undefined after `limitMs`. The limit also counts steps of the event loop, so
 * that a busy process first reads its sockets.
 */
export async function withinListening<T>(work: Promise<T>, limitMs: number): Promise<T | undefined> {
  const start = performance.now();
  let steps = 0;
  let clock: { stop(): void } | undefined;
  const limit = new Promise<undefined>((resolve) => {
    clock = everyStep({ unref: false }, () => {
      steps += 1;
      if (performance.now() - start >= limitMs && steps >= LEAST_STEPS) resolve(undefined);
    });
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clock?.stop();
  }
}

/**
 * Calls `step` every 50 ms, by `setImmediate`: its callbacks run after the event loop has read its sockets. With `unref`
 * the timer keeps no process alive.
 */
function everyStep({ unref }: { unref: boolean }, step: () => void): { stop(): void } {
  let timer: NodeJS.Timeout;
  let isStopped = false;
  const schedule = () => {
    timer = setTimeout(() => setImmediate(run), STEP_MS);
    if (unref) timer.unref();
  };
  const run = () => {
    if (isStopped) return;
    step();
    schedule();
  };
  schedule();
  return {
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
