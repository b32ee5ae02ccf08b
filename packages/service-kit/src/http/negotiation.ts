import type {
  FastifyInstance,
  FastifyReply,
  FastifySchema,
  preValidationHookHandler,
  RouteOptions,
} from 'fastify';
import Negotiator from 'negotiator';
import { Problem } from '../problems/problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The offered media type that `Accept` prefers; '' for a route that offers none. */
    acceptedType: string;
  }
}

/** Browsers send about 200 characters. A longer header could have so many members that parsing them costs too much. */
const MAX_ACCEPT_LENGTH = 2_048;
/** Parameters of the answers, besides the charset, that a client may name: a CSV file has a header (RFC 4180 §3). */
const PARAMETERS: Record<string, string> = { 'text/csv': '; header=present' };

/**
 * Adds content negotiation (RFC 9110 §12.5.1). A route offers the media types that it documents for 2xx. A client that
 * accepts none of them gets 406, after authentication and before the handler runs. The hook must see every route, so call
 * this function on the root.
 */
export function addNegotiation(app: FastifyInstance): void {
  app.decorateRequest('acceptedType', '');
  app.addHook('onRoute', (route) => {
    const offered = offeredTypes(route.schema);
    if (offered.length > 0) route.preValidation = [negotiate(offered), ...hooksOf(route)];
  });
}

export function notAcceptable(offered: string[], why = ''): Problem {
  const detail = `${why}This resource offers ${offered.join(', ')}: name one of them in Accept, or */*.`;
  return new Problem(406, 'not_acceptable', detail);
}

function hooksOf({ preValidation }: RouteOptions) {
  return preValidation === undefined ? [] : [preValidation].flat();
}

/** Returns the media types that a route documents for 2xx. */
export function offeredTypes(schema: FastifySchema = {}): string[] {
  const responses = (schema.response ?? {}) as Record<string, { content?: object; type?: string }>;
  const types = Object.entries(responses)
    .filter(([status, { type }]) => status.startsWith('2') && type !== 'null')
    .flatMap(([, { content }]) => (content === undefined ? 'application/json' : Object.keys(content)));
  return [...new Set(types)];
}

function negotiate(offered: string[]): preValidationHookHandler {
  const [first = ''] = offered;
  // the full types of the answers, because a client may name this charset
  const sent = offered.map((type) => `${type}; charset=utf-8${PARAMETERS[type] ?? ''}`);
  const tooLong = `Accept has more than ${MAX_ACCEPT_LENGTH} characters. `;

  return (request, reply, done) => {
    if (offered.length > 1) varyByAccept(reply);
    const { accept } = request.headers;
    // a shortcut for nearly every request
    if (!accept || accept === '*/*' || accept === first) {
      request.acceptedType = first;
      return done();
    }
    if (accept.length > MAX_ACCEPT_LENGTH) return done(notAcceptable(offered, tooLong));
    const type = offered[sent.indexOf(preferred(accept, sent) ?? '')];
    if (type === undefined) return done(notAcceptable(offered));
    request.acceptedType = type;
    done();
  };
}

function preferred(accept: string, types: string[]): string | undefined {
  // an empty list states no preference, and does not refuse everything (RFC 9110 §5.6.1)
  if (!/[^\s,]/.test(accept)) return types[0];
  const headers = { accept: accept.replaceAll(/charset="?utf8"?(?=\s*(?:[;,]|$))/gi, 'charset=utf-8') };
  return new Negotiator({ headers }).mediaType(types);
}

/** Adds Accept to Vary for caches (RFC 9110 §12.5.5); CORS may have set `Origin` there. */
function varyByAccept(reply: FastifyReply): void {
  const vary = reply.getHeader('vary');
  reply.header('vary', vary === undefined ? 'Accept' : `${vary}, Accept`);
}
