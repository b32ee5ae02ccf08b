const SAMPLE_MS = 50;

/**
 * True if work that took `elapsedMs` takes less than `limitMs` on a quiet machine. Where other processes use the cores too,
 * the limit grows with the time that they leave to this process: load must not look like a broken promise.
 */
export function isWithin(elapsedMs: number, limitMs: number): boolean {
  return elapsedMs < limitMs || elapsedMs < limitMs * waitPerWork();
}

/** The time that this process needs for a second of work: a second on a quiet machine, two with one of two equal shares. */
function waitPerWork(): number {
  const start = performance.now();
  const before = process.cpuUsage();
  while (performance.now() - start < SAMPLE_MS);
  const { user, system } = process.cpuUsage(before);
  return ((performance.now() - start) * 1_000) / (user + system);
}
