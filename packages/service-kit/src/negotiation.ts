import type { FastifyInstance, preValidationHookHandler, RouteOptions } from 'fastify';
import Negotiator from 'negotiator';
import { Problem } from './problem.ts';
import { problemResponses } from './schemas.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of the media types that the route offers, the one that `Accept` likes best; '' where it offers none. */
    acceptedType: string;
  }
}

const NOT_ACCEPTABLE = 406;

/**
 * Content negotiation (RFC 9110 §12.5.1). What a route offers is what it documents for 2xx; whoever accepts nothing of that
 * gets 406, after authentication and before anything is done. It must see every route, so it is called on the root.
 */
export function addNegotiation(app: FastifyInstance): void {
  app.decorateRequest('acceptedType', '');
  app.addHook('onRoute', (route) => {
    const response = (route.schema?.response ?? {}) as Record<string, object>;
    const offered = offeredTypes(response);
    if (offered.length === 0 || NOT_ACCEPTABLE in response) return;
    route.schema = { ...route.schema, response: { ...response, ...problemResponses(NOT_ACCEPTABLE) } };
    route.preValidation = [negotiate(offered), ...hooksOf(route)];
  });
}

function hooksOf({ preValidation }: RouteOptions) {
  return preValidation === undefined ? [] : [preValidation].flat();
}

function offeredTypes(response: Record<string, { content?: object; type?: string }>): string[] {
  const types = Object.entries(response)
    .filter(([status, { type }]) => status.startsWith('2') && type !== 'null')
    .flatMap(([, { content }]) => (content === undefined ? 'application/json' : Object.keys(content)));
  return [...new Set(types)];
}

function negotiate(offered: string[]): preValidationHookHandler {
  const [first = ''] = offered;
  const refusal = new Problem(
    NOT_ACCEPTABLE,
    'not_acceptable',
    `This resource offers ${offered.join(', ')}.`,
  );

  return (request, _reply, done) => {
    const { accept } = request.headers;
    // nearly every request, without a look at the rest; an empty one says nothing, and is not meant to refuse everything
    if (!accept || accept === '*/*' || accept === first) {
      request.acceptedType = first;
      return done();
    }
    const type = new Negotiator(request.raw).mediaType(offered);
    if (type === undefined) return done(refusal);
    request.acceptedType = type;
    done();
  };
}
