import { declareErrors, type Problem, unavailable } from '@pair/service-kit';
import type { FastifyPluginAsync, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { VerifiedToken } from './access-token.ts';
import { insufficientScope, invalidToken, tokenRequired, userRequired } from './bearer.ts';
import type { Scope } from './scopes.ts';

/**
 * Registers `routes` for requests whose access token has this scope. Adds the check and its description in OpenAPI
 * together, so that no route has one without the other.
 */
export function withScope(scope: Scope, routes: FastifyPluginAsync): FastifyPluginAsync {
  return authenticated(scope, routes);
}

/** As `withScope`, for any user, whatever the scope. Refuses a client that acts for itself: it has no account. */
export function asUser(routes: FastifyPluginAsync): FastifyPluginAsync {
  return authenticated(undefined, routes);
}

/** A scope of `undefined` stands for any user. */
function authenticated(scope: Scope | undefined, routes: FastifyPluginAsync): FastifyPluginAsync {
  return async (app) => {
    declareErrors(app, {
      problems: [
        tokenRequired,
        () => invalidToken('The token is malformed.'),
        () => refusalOf(scope),
        unavailable,
      ],
    });
    app.addHook('onRoute', (route) => {
      const security = [{ oauth2: scope === undefined ? [] : [scope] }, { bearerAuth: [] }];
      route.schema = { ...route.schema, security };
    });
    app.addHook('onRequest', requireToken(scope));
    await app.register(routes);
  };
}

function refusalOf(scope: Scope | undefined): Problem {
  return scope === undefined ? userRequired() : insufficientScope(scope);
}

function requireToken(scope: Scope | undefined): onRequestHookHandler {
  /** Returns the refusal; undefined if the request may go on. */
  function admit(request: FastifyRequest, token: VerifiedToken): Problem | undefined {
    request.claims = token.claims;
    const isAllowed = scope === undefined ? token.claims.sid !== undefined : token.scopes.has(scope);
    return isAllowed ? undefined : request.server.challenge(refusalOf(scope));
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
