import { NO_ANSWER } from '@pair/service-kit';
import type { FastifyPluginAsync } from 'fastify';

/**
 * `GET /status`, as nginx makes it elsewhere: whether both services are ready, and nothing of why not. A service that waits
 * for a store is slow, and one whose store refuses is down.
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
