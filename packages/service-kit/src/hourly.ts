import type { FastifyInstance } from 'fastify';
import { isStoreUnavailable } from './problems/unavailable.ts';
import { repeat } from './repeat.ts';

const INTERVAL_MS = 3_600_000;
const FIRST_MS = 60_000;

/**
 * Runs `work` a minute after the process is ready, and hourly from then on, until it closes. Replicas may do so at once.
 * What fails is logged as `failure` and done the next time.
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
