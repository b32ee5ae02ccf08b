import { declareErrors, Problem } from '@pair/service-kit';
import type { FastifyPluginAsync } from 'fastify';

/**
 * The routes of `routes`, inside `asUser`, for the built-in clients alone: a user who lets another client read
 * customers has not allowed it to see or end sessions.
 */
export function forBuiltInClients(routes: FastifyPluginAsync): FastifyPluginAsync {
  return async (app) => {
    declareErrors(app, { problems: [clientNotAllowed] });
    app.addHook('onRequest', (request, _reply, done) => {
      const isAllowed = app.clients.isBuiltIn(request.claims.client_id);
      done(isAllowed ? undefined : clientNotAllowed());
    });
    await app.register(routes);
  };
}

function clientNotAllowed(): Problem {
  return new Problem(
    403,
    'client_not_allowed',
    'Only the user may do this, and no client on the behalf of the user.',
  );
}
