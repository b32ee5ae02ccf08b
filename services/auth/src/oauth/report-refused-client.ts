import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';

/** Refusals have no limit, and an event is kept for 90 days. */
const INTERVAL_MS = 60_000;

declare module 'fastify' {
  interface FastifyInstance {
    /** Records an event and logs a line, once a minute for each client and once for all unknown clients together. */
    reportRefusedClient(request: FastifyRequest, clientId: string | undefined): void;
  }
}

export const reportRefusedClient = fp(
  async (app) => {
    /** Has no more entries than the table of clients. */
    const reportedAt = new Map<string | undefined, number>();

    app.decorate('reportRefusedClient', (request: FastifyRequest, clientId: string | undefined) => {
      const now = performance.now();
      if (now - (reportedAt.get(clientId) ?? Number.NEGATIVE_INFINITY) < INTERVAL_MS) return;
      reportedAt.set(clientId, now);
      app.audit.record(request, { event: 'client_refused', outcome: 'refused', clientId });
      request.log.warn({ client_id: clientId, remote_address: request.ip }, 'client refused');
    });
  },
  { name: 'report-refused-client', dependencies: ['audit'] },
);
