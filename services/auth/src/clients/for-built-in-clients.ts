import { Problem, problemResponses } from '@pair/service-kit';
import type { FastifyPluginAsync } from 'fastify';

const CLIENT_NOT_ALLOWED = new Problem(
  403,
  'client_not_allowed',
  'Only the user may do this, and no client on the behalf of the user.',
);

/**
 * The routes of `routes`, inside `authenticated`, for our own clients alone: whoever lets another one read customers has
 * not let it see or end the other sessions.
 */
export function forBuiltInClients(routes: FastifyPluginAsync): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onRoute', (route) => {
      const schema = (route.schema ?? {}) as { response?: object };
      route.schema = { ...schema, response: { ...problemResponses(CLIENT_NOT_ALLOWED), ...schema.response } };
    });
    app.addHook('onRequest', (request, _reply, done) => {
      const isAllowed = app.clients.isBuiltIn(request.accessToken.client_id);
      done(isAllowed ? undefined : CLIENT_NOT_ALLOWED);
    });
    await app.register(routes);
  };
}
