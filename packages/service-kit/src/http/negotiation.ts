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
    /** Of the media types that the route offers, the one that `Accept` likes best; '' where it offers none. */
    acceptedType: string;
  }
}

/** Browsers send some 200. A header may be much longer, and each of its commas be a member to look at. */
const MAX_ACCEPT_LENGTH = 2_048;
/** What answers of a media type may be asked for besides their charset: a CSV file has a header (RFC 4180 §3). */
const PARAMETERS: Record<string, string> = { 'text/csv': '; header=present' };

/**
 * Content negotiation (RFC 9110 §12.5.1). What a route offers is what it documents for 2xx; whoever accepts nothing of that
 * gets 406, after authentication and before anything is done. It must see every route, so it is called on the root.
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

/** The media types that a route documents for 2xx. */
export function offeredTypes(schema: FastifySchema = {}): string[] {
  const responses = (schema.response ?? {}) as Record<string, { content?: object; type?: string }>;
  const types = Object.entries(responses)
    .filter(([status, { type }]) => status.startsWith('2') && type !== 'null')
    .flatMap(([, { content }]) => (content === undefined ? 'application/json' : Object.keys(content)));
  return [...new Set(types)];
}

function negotiate(offered: string[]): preValidationHookHandler {
  const [first = ''] = offered;
  // as they are sent: a client that asks for this charset by name gets it
  const sent = offered.map((type) => `${type}; charset=utf-8${PARAMETERS[type] ?? ''}`);
  const tooLong = `Accept has more than ${MAX_ACCEPT_LENGTH} characters. `;

  return (request, reply, done) => {
    if (offered.length > 1) varyByAccept(reply);
    const { accept } = request.headers;
    // nearly every request, without a look at the rest
    if (!accept || accept === '*/*' || accept === first) {
      request.acceptedType = first;
      return done();
    }
    if (accept.length > MAX_ACCEPT_LENGTH) return done(notAcceptable(offered, tooLong));
    const type = offered[sent.indexOf(likedBest(accept, sent) ?? '')];
    if (type === undefined) return done(notAcceptable(offered));
    request.acceptedType = type;
    done();
  };
}

function likedBest(accept: string, types: string[]): string | undefined {
  // an empty list says nothing, and is not meant to refuse everything (RFC 9110 §5.6.1)
  if (!/[^\s,]/.test(accept)) return types[0];
  const headers = { accept: accept.replaceAll(/charset="?utf8"?(?=\s*(?:[;,]|$))/gi, 'charset=utf-8') };
  return new Negotiator({ headers }).mediaType(types);
}

/** For caches (RFC 9110 §12.5.5); CORS may have named `Origin` already. */
function varyByAccept(reply: FastifyReply): void {
  const vary = reply.getHeader('vary');
  reply.header('vary', vary === undefined ? 'Accept' : `${vary}, Accept`);
}
