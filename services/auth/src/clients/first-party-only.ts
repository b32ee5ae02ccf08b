import { declareErrors, Problem } from '@pair/service-kit';
import type { FastifyPluginAsync } from 'fastify';

/**
 * Registers `routes`, inside `asUser`, for the built-in clients only. A user who lets another client read customers has not
 * allowed that client to see or end sessions.
 */
export function firstPartyOnly(routes: FastifyPluginAsync): FastifyPluginAsync {
  return async (app) => {
    declareErrors(app, { problems: [clientNotAllowed] });
    app.addHook('onRequest', (request, _reply, done) => {
      done(app.clients.isBuiltIn(request.claims.client_id) ? undefined : clientNotAllowed());
    });
    await app.register(routes);
  };
}

function clientNotAllowed(): Problem {
  return new Problem(403, 'client_not_allowed', 'Only the user may do this, not a client acting for them.');
}
