import type { FastifyRequest } from 'fastify';
import { unsupportedMediaType } from '../problems/errors.ts';
import { Problem } from '../problems/problem.ts';

/**
 * Refuses ambiguous requests, which Node and Fastify would accept and read with another meaning than the client intended.
 * Returns the problem; undefined for a request with a single meaning.
 */
export function refuseAmbiguous(request: FastifyRequest): Problem | undefined {
  const { headers, raw, url } = request;
  // RFC 9112 §3.2; HTTP/1.0 does not require it
  if (headers.host === undefined && raw.httpVersionMinor === 1) {
    return invalidRequest('The Host header is missing.');
  }
  // RFC 9110 §10.1.1
  if (headers.expect !== undefined && !isOneOf(headers.expect, '100-continue')) return expectationFailed();
  // RFC 9112 §6.1. Of `gzip, chunked` Node decodes only chunked
  if (!isOneOf(headers['transfer-encoding'], 'chunked')) {
    return invalidRequest('Only the transfer coding chunked is supported.');
  }
  if (!isOneOf(headers['content-encoding'], 'identity')) return unsupportedContentCoding();
  // Fastify ignores a malformed parameter, and uses the last of two: it would read the body as another media type
  const isRead = !request.is404 && raw.method !== 'GET' && raw.method !== 'HEAD';
  if (isRead && !isMediaType(headers['content-type'])) {
    return unsupportedMediaType(request.method, request.routeOptions.schema);
  }
  return isDecodable(url) ? undefined : invalidRequest('The query is not percent-encoded UTF-8.');
}

export function expectationFailed(): Problem {
  return new Problem(417, 'expectation_failed', 'Expect supports only 100-continue.');
}

/** RFC 9110 §15.5.16: a 415 for the coding names the supported codings. */
export function unsupportedContentCoding(): Problem {
  return new Problem(
    415,
    'unsupported_content_coding',
    'The content coding of the body is not supported: send the body without a coding.',
    { headers: { 'accept-encoding': 'identity' } },
  );
}

function invalidRequest(detail: string): Problem {
  return new Problem(400, 'invalid_request', detail);
}

function isOneOf(field: string | undefined, token: string): boolean {
  return field === undefined || field.toLowerCase() === token;
}

/** RFC 9110 §5.6.6 sets no limit; every supported media type is much shorter. */
const MAX_MEDIA_TYPE_LENGTH = 256;
const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const PARAMETER = String.raw`;[ \t]*(${TOKEN})=(?:${TOKEN}|"(?:[^"\\]|\\.)*")`;
const MEDIA_TYPE = new RegExp(String.raw`^[^;]*(?:(?:${PARAMETER}|;)[ \t]*)*$`);

/** True if the parameters are well-formed and distinct. */
function isMediaType(field: string | undefined): boolean {
  if (!field?.includes(';')) return true;
  if (field.length > MAX_MEDIA_TYPE_LENGTH || !MEDIA_TYPE.test(field)) return false;
  const names = [...field.matchAll(new RegExp(PARAMETER, 'g'))].map(([, name = '']) => name.toLowerCase());
  return new Set(names).size === names.length;
}

/** Fastify would use an undecodable query as it is. The router has already refused an undecodable path. */
function isDecodable(url: string): boolean {
  if (!url.includes('%')) return true;
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}
