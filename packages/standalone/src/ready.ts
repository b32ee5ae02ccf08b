import { setTimeout } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

const REPORT_AFTER_MS = 10_000;
const INTERVAL_MS = 50;

/**
 * Resolves when every part of both services is ready. Customers fetches the keys over HTTP, so it is ready a moment after the
 * process listens. A part that takes longer may come back at any time: `report` gets the reasons once, and the wait goes on.
 */
export async function whenReady(
  app: Pick<FastifyInstance, 'checkReadiness'>,
  report: (line: string) => void,
  reportAfterMs = REPORT_AFTER_MS,
): Promise<void> {
  const started = performance.now();
  for (let isReported = false; ; await setTimeout(INTERVAL_MS)) {
    const failing = (await app.checkReadiness()).filter(({ failure }) => failure !== undefined);
    if (failing.length === 0) return;
    if (isReported || performance.now() - started < reportAfterMs) continue;
    isReported = true;
    const reasons = failing.map(({ service, part, failure }) => `${service} waits for ${part} (${failure})`);
    report(`not ready after ${Math.round(reportAfterMs / 1_000)} s, and still trying: ${reasons.join(', ')}`);
  }
}
