import type { FastifyRequest } from 'fastify';
import type { ProcessConfig } from '../config.ts';

/** Headers that a page may send, besides those that the standard always allows. Tracing: W3C Trace Context and Baggage. */
const ALLOWED_HEADERS = [
  'authorization',
  'content-type',
  'if-match',
  'if-none-match',
  'idempotency-key',
  'dpop',
  'traceparent',
  'tracestate',
  'baggage',
];
/** Headers that a page may read, besides those that the standard always exposes. */
const EXPOSED_HEADERS = [
  'accept',
  'accept-encoding',
  'accept-patch',
  'accept-post',
  'allow',
  'content-disposition',
  'dpop-nonce',
  'etag',
  'link',
  'location',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'www-authenticate',
  'x-request-id',
];
const ALLOWED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const PREFLIGHT_MAX_AGE_SECONDS = 600;

export interface Cors {
  /** Returns the headers for every answer to a request with this `Origin`. */
  headers(origin: string | undefined): Record<string, string>;
  /** The headers for an answer to bytes without a readable `Origin`: any page may read it, because it is the same for all. */
  headersForUnknown: Record<string, string>;
  /** Returns the headers for the answer to a preflight of an allowed origin; undefined for any other request. */
  preflight(request: FastifyRequest): Record<string, string> | undefined;
}

/**
 * Implements the CORS protocol (Fetch standard §3.3), by which a browser decides which pages may read the answers. It allows
 * no credentials, because tokens do not travel in cookies.
 */
export function corsOf({
  CORS_ORIGINS,
  CORS_ALLOWED_HEADERS = [],
}: Pick<ProcessConfig, 'CORS_ORIGINS' | 'CORS_ALLOWED_HEADERS'>): Cors {
  if (CORS_ORIGINS.length === 0) {
    return { headers: () => NONE, headersForUnknown: NONE, preflight: () => undefined };
  }
  const allowed = new Map(CORS_ORIGINS.map((origin) => [origin, readableBy(origin)]));
  const preflightHeaders = {
    'access-control-allow-methods': ALLOWED_METHODS,
    'access-control-allow-headers': [...ALLOWED_HEADERS, ...CORS_ALLOWED_HEADERS].join(', '),
    'access-control-max-age': String(PREFLIGHT_MAX_AGE_SECONDS),
  };
  return {
    headers: (origin = '') => allowed.get(origin) ?? NOT_ALLOWED,
    headersForUnknown: readableBy('*'),
    preflight({ method, headers }) {
      const isPreflight = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
      return isPreflight && allowed.has(headers.origin ?? '') ? preflightHeaders : undefined;
    },
  };
}

const NONE = {};
/** An answer depends on the origin, even if that origin is refused: a cache must not serve it to another origin. */
const NOT_ALLOWED = { vary: 'Origin' };

function readableBy(origin: string) {
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': EXPOSED_HEADERS.join(', '),
  };
}
