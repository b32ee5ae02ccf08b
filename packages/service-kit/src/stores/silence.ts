const STEP_MS = 50;
/** A server that is there answers something in a few, also on a busy machine. */
const LIMIT_MS = 300;
/** How often this process must have looked at what has arrived, before it believes that nothing has. */
const LEAST_STEPS = 3;
/** After this time the server is asked something that is answered at once, for a single slow statement is no silence. */
const NUDGE_MS = 100;

/** A server as its client sees it. */
export interface WatchedServer {
  /** True while an answer is outstanding. */
  isAsked(): boolean;
  /** True when anything has arrived since the last call. */
  hasSpoken(): boolean;
  /** Asks for an answer that takes no time. */
  nudge?(): void;
  /** Called once for each silence. */
  giveUp(): void;
}

/**
 * Tells a server that is away, after about a third of a second, from a process or a machine that is busy. A timer cannot: it
 * also goes off when the answer has arrived and waits to be read. So time counts only together with steps, each of which
 * ends after the event loop has read what arrived. A server that answers anything at all is not silent.
 */
export function watchSilence(server: WatchedServer): { stop(): void } {
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
    const hasSpoken = server.hasSpoken(); // at every step, or what arrived long ago would count as news
    if (hasSpoken || !server.isAsked()) return heard();
    steps += 1;
    const silentMs = performance.now() - since;
    if (silentMs >= NUDGE_MS && !isNudged) {
      isNudged = true;
      server.nudge?.();
    }
    if (silentMs >= LIMIT_MS && steps >= LEAST_STEPS) {
      heard();
      server.giveUp();
    }
  });
}

/** Resolves to what `work` does, or to undefined after `limitMs` in which this process could listen. */
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

/** By way of `setImmediate`, whose callbacks come after the sockets were read. `unref`: it keeps no process alive. */
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
