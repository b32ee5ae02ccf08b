import { setTimeout as delay } from 'node:timers/promises';
import { isWithin } from './is-within.ts';

const INTERVAL_MS = 5;

/**
 * Resolves once `condition` returns a truthy value; a condition that throws is not true yet. Tests wait only in this
 * way, because a sleep is either too long or too short.
 *
 * @throws after `timeoutMs` of a quiet machine (see `isWithin`), with the last error of the condition as the cause
 */
export async function waitFor(condition: () => unknown, timeoutMs = 15_000): Promise<void> {
  const start = performance.now();
  let cause: unknown;
  do {
    try {
      if (await condition()) return;
    } catch (error) {
      cause = error;
    }
    await delay(INTERVAL_MS);
  } while (isWithin(performance.now() - start, timeoutMs));
  throw new Error(`not true within ${timeoutMs} ms: ${condition.toString()}`, { cause });
}
