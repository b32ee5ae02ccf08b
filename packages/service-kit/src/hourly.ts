import type { FastifyInstance } from 'fastify';
import { isStoreUnavailable } from './problems/unavailable.ts';

const INTERVAL_MS = 3_600_000;
const FIRST_MS = 60_000;

/**
 * Runs `work` a minute after the process is ready, and hourly from then on, until it closes. Replicas may do so at once.
 * What fails is logged as `failure` and done the next time.
 */
export function hourly(app: FastifyInstance, failure: string, work: () => Promise<unknown>): void {
  let timer: NodeJS.Timeout;
  let stopped = false;

  const schedule = (delayMs: number) => {
    timer = setTimeout(run, delayMs);
    timer.unref();
  };
  const run = async () => {
    try {
      await work();
    } catch (err) {
      if (!isStoreUnavailable(err)) app.log.error({ err }, failure);
    }
    if (!stopped) schedule(INTERVAL_MS);
  };
  app.addHook('onReady', async () => schedule(FIRST_MS));
  app.addHook('onClose', async () => {
    stopped = true;
    clearTimeout(timer);
  });
}
