import { declareErrors, type MakeProblem, Problem, unavailable } from '@pair/service-kit';
import type {
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
} from 'fastify';
import type { VerifiedToken } from './access-token.ts';
import { insufficientScope, malformedToken, tokenRequired, userRequired } from './bearer.ts';
import { invalidProof, useNonce } from './dpop/proofs.ts';
import type { Scope } from './scopes.ts';
import { rateLimitExceeded } from './subject-rate.ts';

/**
 * Registers `routes` for any user with a valid access token. Refuses a client that acts for itself: it has no account.
 *
 * @param options.isCounted false for a route that must answer although the limit of the subject is exceeded
 */
export function asUser(
  routes: FastifyPluginAsync,
  { isCounted = true }: { isCounted?: boolean } = {},
): FastifyPluginAsync {
  return authenticated(routes, {
    isCounted,
    scopes: [],
    admits: ({ claims }) => claims.sid !== undefined,
    refusal: userRequired,
  });
}

/** Registers `routes` for requests with a valid access token of this scope, of a user or of a client. */
export function withScope(scope: Scope, routes: FastifyPluginAsync): FastifyPluginAsync {
  return authenticated(routes, {
    isCounted: true,
    scopes: [scope],
    admits: ({ scopes }) => scopes.has(scope),
    refusal: () => insufficientScope(scope),
  });
}

/** The condition that a valid token must meet. */
interface Rule {
  /** True if the limit of the subject counts the requests. */
  isCounted: boolean;
  /** The scopes in the OpenAPI document. */
  scopes: Scope[];
  admits(token: VerifiedToken): boolean;
  refusal: MakeProblem;
}

/** Adds the check and its description in OpenAPI together, so that no route has one without the other. */
function authenticated(routes: FastifyPluginAsync, rule: Rule): FastifyPluginAsync {
  return async (app) => {
    documentRule(app, rule);
    app.addHook('onRequest', requireToken(rule));
    await app.register(routes);
  };
}

function documentRule(app: FastifyInstance, { isCounted, scopes, refusal }: Rule): void {
  const exceeded = isCounted ? [rateLimitExceeded] : [];
  declareErrors(app, {
    problems: [tokenRequired, malformedToken, invalidProof, useNonce, refusal, ...exceeded, unavailable],
  });
  app.addHook('onRoute', (route) => {
    route.schema = { ...route.schema, security: [{ oauth2: scopes }, { bearerAuth: [] }, { dpopAuth: [] }] };
  });
}

function requireToken({ isCounted, admits, refusal }: Rule): onRequestHookHandler {
  /** Returns the refusal; undefined if the request may go on. */
  function admit(request: FastifyRequest, reply: FastifyReply, token: VerifiedToken): Problem | undefined {
    request.claims = token.claims;
    const exceeded = isCounted ? request.server.countRequest?.(token.claims.sub, reply) : undefined;
    if (exceeded !== undefined) return exceeded;
    return admits(token) ? undefined : request.server.challenge(refusal(), request);
  }

  /** Uses a proof up last, so that a refused request asks no store. */
  function finish(
    request: FastifyRequest,
    reply: FastifyReply,
    token: VerifiedToken,
    done: (error?: Error) => void,
  ): void {
    const problem = admit(request, reply, token);
    if (problem !== undefined || request.proof === undefined) done(problem);
    else {
      request.server.proofs.spend(request.proof).then(
        () => done(),
        (error) => done(error instanceof Problem ? request.server.challenge(error, request) : error),
      );
    }
  }

  return (request, reply, done) => {
    let token: VerifiedToken | Promise<VerifiedToken>;
    try {
      token = request.server.verifyAccessToken(request);
    } catch (error) {
      return done(error as Error);
    }
    if (token instanceof Promise) token.then((verified) => finish(request, reply, verified, done), done);
    else finish(request, reply, token, done);
  };
}
