import { NO_ANSWER } from '@pair/service-kit';
import type { FastifyPluginAsync } from 'fastify';

/**
 * Serves `GET /status`, as nginx does in the composed system: whether each service is ready, but no reason. A service
 * is slow while it waits for a store, and down if a store refuses.
 */
export const status: FastifyPluginAsync = async (app) => {
  app.get('/status', { schema: { hide: true } }, async (_request, reply) => {
    const checks = await app.checkReadiness();
    const stateOf = (service: string) => {
      const failures = checks.flatMap((check) =>
        check.service === service && check.failure !== undefined ? [check.failure] : [],
      );
      if (failures.length === 0) return 'up';
      return failures.every((failure) => failure === NO_ANSWER) ? 'slow' : 'down';
    };
    reply.header('cache-control', 'no-store');
    return { auth: stateOf('auth'), customers: stateOf('customers') };
  });
};
