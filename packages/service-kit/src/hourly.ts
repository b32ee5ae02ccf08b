import type { FastifyInstance } from 'fastify';
import { isStoreUnavailable } from './problems/unavailable.ts';
import { repeat } from './repeat.ts';

const INTERVAL_MS = 3_600_000;
const FIRST_MS = 60_000;

/**
 * Runs `work` a minute after the process is ready and hourly from then on, until the process closes. Replicas may run it
 * at the same time. An error is logged with the message `failure`; the next run tries again.
 */
export function hourly(app: FastifyInstance, failure: string, work: () => Promise<unknown>): void {
  const repetition = repeat(work, {
    pauseMs: () => INTERVAL_MS,
    onFailure: (err) => {
      if (!isStoreUnavailable(err)) app.log.error({ err }, failure);
    },
  });
  app.addHook('onReady', async () => repetition.start(FIRST_MS));
  app.addHook('onClose', async () => repetition.stop());
}
