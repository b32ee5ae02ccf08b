import { type Problem, problemResponses, unavailable } from '@pair/service-kit';
import type { FastifyPluginAsync, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { VerifiedToken } from './access-token.ts';
import { insufficientScope, invalidToken, tokenRequired } from './bearer.ts';
import type { Scope } from './scopes.ts';

/**
 * The routes of `routes`, for whoever has a valid token with this scope (undefined: with any). Adds the check and what
 * OpenAPI says of it together, so that neither can be without the other.
 */
export function authenticated(scope: Scope | undefined, routes: FastifyPluginAsync): FastifyPluginAsync {
  const refusals = [tokenRequired(), invalidToken('The token is malformed.'), unavailable()];
  if (scope !== undefined) refusals.push(insufficientScope(scope));
  return async (app) => {
    app.addHook('onRoute', (route) => {
      const schema = (route.schema ?? {}) as { response?: object };
      route.schema = {
        ...schema,
        security: [{ bearerAuth: [] }],
        response: {
          ...problemResponses(...refusals),
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
