import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';

/** Refusals are not limited, and events cannot be removed for 90 days. */
const INTERVAL_MS = 60_000;

declare module 'fastify' {
  interface FastifyInstance {
    /** Once a minute for each client, and for all that are not known together: an event, and a line in the log. */
    reportRefusedClient(request: FastifyRequest, clientId: string | undefined): void;
  }
}

export const reportRefusedClient = fp(
  async (app) => {
    /** No longer than the table of clients. */
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
