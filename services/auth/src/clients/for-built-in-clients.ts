import { Problem, withProblems } from '@pair/service-kit';
import type { FastifyPluginAsync } from 'fastify';

const CLIENT_NOT_ALLOWED = new Problem(
  403,
  'client_not_allowed',
  'Only the user may do this, and no client on the behalf of the user.',
);

/**
 * The routes of `routes`, inside `authenticated`, for the built-in clients alone: a user who lets another client read
 * customers has not allowed it to see or end sessions.
 */
export function forBuiltInClients(routes: FastifyPluginAsync): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onRoute', (route) => {
      route.schema = {
        ...route.schema,
        response: withProblems(route.schema?.response ?? {}, CLIENT_NOT_ALLOWED),
      };
    });
    app.addHook('onRequest', (request, _reply, done) => {
      const isAllowed = app.clients.isBuiltIn(request.accessToken.client_id);
      done(isAllowed ? undefined : CLIENT_NOT_ALLOWED);
    });
    await app.register(routes);
  };
}
