/** Short enough to notice an end within a second. */
const INTERVAL_MS = 800;

/**
 * Repeats a check while it is due and the page is visible.
 *
 * @param isDue is asked before each check
 * @returns a function to call when a check may have become due
 */
export function watch(isDue: () => boolean, check: () => Promise<unknown>): () => void {
  let isRunning = false;
  const run = async () => {
    if (isRunning) return;
    isRunning = true;
    while (isDue() && !document.hidden) {
      await check().catch(() => undefined); // the time line has the answer
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    }
    isRunning = false;
  };
  document.addEventListener('visibilitychange', run);
  return run;
}
