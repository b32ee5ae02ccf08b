import { setTimeout as delay } from 'node:timers/promises';

const INTERVAL_MS = 5;

/**
 * Resolves once `condition` gives something truthy; one that throws has not come true yet. The only way in which
 * tests wait: a sleep is either too long or too short.
 *
 * @throws after `timeoutMs`, with what the condition last threw as the cause
 */
export async function waitFor(condition: () => unknown, timeoutMs = 15_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let cause: unknown;
  do {
    try {
      if (await condition()) return;
    } catch (error) {
      cause = error;
    }
    await delay(INTERVAL_MS);
  } while (Date.now() < deadline);
  throw new Error(`not true within ${timeoutMs} ms: ${condition.toString()}`, { cause });
}
