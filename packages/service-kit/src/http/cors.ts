import type { FastifyRequest } from 'fastify';
import type { ProcessConfig } from '../config.ts';

/** Of a page's requests, beside the few that the standard always allows. Trace headers: W3C Trace Context and Baggage. */
const ALLOWED_HEADERS = [
  'authorization',
  'content-type',
  'if-match',
  'if-none-match',
  'idempotency-key',
  'traceparent',
  'tracestate',
  'baggage',
];
/** Of answers, beside the few that a page may always read. */
const EXPOSED_HEADERS = [
  'accept',
  'accept-encoding',
  'accept-patch',
  'accept-post',
  'allow',
  'content-disposition',
  'etag',
  'link',
  'location',
  'retry-after',
  'www-authenticate',
  'x-request-id',
];
const ALLOWED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const PREFLIGHT_MAX_AGE_SECONDS = 600;

export interface Cors {
  /** Of every answer to a request with this `Origin`. */
  headers(origin: string | undefined): Record<string, string>;
  /** Of an answer to bytes whose `Origin` cannot be read: it is the same for all, and tells nothing about anybody. */
  headersForUnknown: Record<string, string>;
  /** Of the answer to a preflight of an allowed origin; undefined for every other request. */
  preflight(request: FastifyRequest): Record<string, string> | undefined;
}

/**
 * The CORS protocol (Fetch standard §3.3): which pages may read the answers. Without credentials, because tokens do not
 * travel in cookies.
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
/** An answer depends on the origin, even where none is allowed: caches must not give it to another one. */
const NOT_ALLOWED = { vary: 'Origin' };

function readableBy(origin: string) {
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': EXPOSED_HEADERS.join(', '),
  };
}
