import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import type { HealthRoutes } from '../health.ts';
import type { ServedMetrics } from './served-metrics.ts';

/**
 * Serves the metrics of the process, and its health, on a port of their own. The port is for the inner network: the answers
 * need no token, and the gateway does not know it.
 */
export function addMetricsListener(
  app: FastifyInstance,
  metrics: ServedMetrics,
  addHealthRoutes: HealthRoutes,
  address: { host: string; port: number },
): void {
  const inside = Fastify({ logger: false, forceCloseConnections: true });
  addHealthRoutes(inside);
  inside.get('/metrics', async (_request, reply) => {
    reply.type(metrics.contentType);
    return metrics.exposition();
  });
  app.addHook('onReady', async () => {
    await inside.listen(address);
    const { port } = inside.server.address() as AddressInfo;
    app.log.info({ port }, 'metrics are served');
  });
  // onClose hooks run in reverse order: health is answered until the services have ended
  app.addHook('onClose', () => inside.close());
}
