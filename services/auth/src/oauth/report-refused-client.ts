import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';

/** Bounds the events: refusals have no limit, and the audit keeps an event for 90 days. */
const INTERVAL_MS = 60_000;

declare module 'fastify' {
  interface FastifyInstance {
    /** Records an event and logs a line, once a minute for each client and once for all unknown clients together. */
    reportRefusedClient(request: FastifyRequest, clientId: string | undefined): void;
  }
}

export const reportRefusedClient = fp(
  async (app) => {
    /** The map has no more entries than the table of clients, and one for the unknown clients. */
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
