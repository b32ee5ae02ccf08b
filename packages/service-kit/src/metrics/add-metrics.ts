import type { FastifyInstance } from 'fastify';
import type { ProcessConfig } from '../config.ts';
import type { HealthRoutes } from '../health.ts';
import { addMetricsListener } from './listener.ts';
import { NO_METRICS } from './metrics.ts';
import { beginRateLimitedRequests } from './rate-limited-requests.ts';
import { measureRequests } from './requests.ts';
import { beginUnavailableAnswers } from './unavailable-answers.ts';

const LOOPBACK = '127.0.0.1';

/** Decorates `app.metrics`. Add it before the routes, whose requests it measures. */
export async function addMetrics(
  app: FastifyInstance,
  addHealthRoutes: HealthRoutes,
  { HOST: host = LOOPBACK, METRICS_PORT: port }: Partial<Pick<ProcessConfig, 'HOST' | 'METRICS_PORT'>>,
): Promise<void> {
  if (port === undefined) {
    app.decorate('metrics', NO_METRICS);
    return;
  }
  const { ServedMetrics } = await import('./served-metrics.ts');
  const metrics = new ServedMetrics();
  app.decorate('metrics', metrics);
  beginUnavailableAnswers(metrics);
  beginRateLimitedRequests(metrics);
  measureRequests(app, metrics);
  addMetricsListener(app, metrics, addHealthRoutes, { host, port });
}
