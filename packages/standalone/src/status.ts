import type { FastifyPluginAsync } from 'fastify';

/** `GET /status`, as nginx makes it elsewhere: whether both services are ready, and nothing of why not. */
export const status: FastifyPluginAsync = async (app) => {
  app.get('/status', { schema: { hide: true } }, async (_request, reply) => {
    const checks = await app.checkReadiness();
    const failing = checks.filter(([, failure]) => failure !== undefined).map(([name]) => name);
    // a check's name begins with that of its service
    const isUp = (service: string) => !failing.some((name) => name.startsWith(`${service}: `));
    reply.header('cache-control', 'no-store');
    return { auth: isUp('auth') ? 'up' : 'down', customers: isUp('customers') ? 'up' : 'down' };
  });
};
