import { type Problem, problemResponses } from '@pair/service-kit';
import type { FastifyPluginAsync, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { VerifiedToken } from './access-token.ts';
import { insufficientScope } from './bearer.ts';
import type { Scope } from './scopes.ts';

/**
 * The routes of `routes`, for whoever has a valid token with this scope (undefined: with any). Adds the check and what
 * OpenAPI says of it together, so that neither can be without the other.
 */
export function authenticated(scope: Scope | undefined, routes: FastifyPluginAsync): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onRoute', (route) => {
      const schema = (route.schema ?? {}) as { response?: object };
      route.schema = {
        ...schema,
        security: [{ bearerAuth: [] }],
        response: {
          ...problemResponses(401, 503),
          ...(scope === undefined ? {} : problemResponses(403)),
          ...schema.response,
        },
      };
    });
    app.addHook('onRequest', requireToken(scope));
    await app.register(routes);
  };
}

function requireToken(scope: Scope | undefined): onRequestHookHandler {
  const refusal = scope === undefined ? undefined : insufficientScope(scope);

  /** Undefined when the request may go on. */
  function admit(request: FastifyRequest, token: VerifiedToken): Problem | undefined {
    request.accessToken = token.claims;
    return scope === undefined || token.scopes.has(scope) ? undefined : refusal;
  }

  return (request, _reply, done) => {
    let token: VerifiedToken | Promise<VerifiedToken>;
    try {
      token = request.server.verifyAccessToken(request);
    } catch (error) {
      return done(error as Error);
    }
    if (token instanceof Promise) token.then((verified) => done(admit(request, verified)), done);
    else done(admit(request, token));
  };
}
