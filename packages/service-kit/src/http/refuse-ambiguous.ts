import type { FastifyRequest } from 'fastify';
import { unsupportedMediaType } from '../problems/errors.ts';
import { Problem } from '../problems/problem.ts';

/**
 * Refuses what Node and Fastify pass over, and would read as something else than the client sent. Returns the problem,
 * undefined for a request that has one meaning.
 */
export function refuseAmbiguous(request: FastifyRequest): Problem | undefined {
  const { headers, raw, url } = request;
  // RFC 9112 §3.2; HTTP/1.0 has none
  if (headers.host === undefined && raw.httpVersionMinor === 1) {
    return invalidRequest('The Host header is missing.');
  }
  // RFC 9110 §10.1.1
  if (headers.expect !== undefined && !isOneOf(headers.expect, '100-continue')) return expectationFailed();
  // RFC 9112 §6.1. Node undoes `gzip, chunked` by half
  if (!isOneOf(headers['transfer-encoding'], 'chunked')) {
    return invalidRequest('The only transfer coding here is chunked.');
  }
  if (!isOneOf(headers['content-encoding'], 'identity')) return unsupportedContentCoding();
  // Fastify passes over a parameter that it cannot read, and takes the last of two: a body would be read as another one
  const isRead = !request.is404 && raw.method !== 'GET' && raw.method !== 'HEAD';
  if (isRead && !isMediaType(headers['content-type'])) {
    return unsupportedMediaType(request.method, request.routeOptions.schema);
  }
  return isDecodable(url) ? undefined : invalidRequest('The query is not percent-encoded UTF-8.');
}

export function expectationFailed(): Problem {
  return new Problem(417, 'expectation_failed', 'Only 100-continue can be expected here.');
}

/** RFC 9110 §15.5.16: a 415 for the coding names those that are supported. */
export function unsupportedContentCoding(): Problem {
  return new Problem(
    415,
    'unsupported_content_coding',
    'The content coding of the body is not supported here.',
    { headers: { 'accept-encoding': 'identity' } },
  );
}

function invalidRequest(detail: string): Problem {
  return new Problem(400, 'invalid_request', detail);
}

function isOneOf(field: string | undefined, token: string): boolean {
  return field === undefined || field.toLowerCase() === token;
}

/** RFC 9110 §5.6.6, with an end of its own: no type that is taken is as long. */
const MAX_MEDIA_TYPE_LENGTH = 256;
const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const PARAMETER = String.raw`;[ \t]*(${TOKEN})=(?:${TOKEN}|"(?:[^"\\]|\\.)*")`;
const MEDIA_TYPE = new RegExp(String.raw`^[^;]*(?:(?:${PARAMETER}|;)[ \t]*)*$`);

/** Whether the parameters are well-formed, and each there once. */
function isMediaType(field: string | undefined): boolean {
  if (!field?.includes(';')) return true;
  if (field.length > MAX_MEDIA_TYPE_LENGTH || !MEDIA_TYPE.test(field)) return false;
  const names = [...field.matchAll(new RegExp(PARAMETER, 'g'))].map(([, name = '']) => name.toLowerCase());
  return new Set(names).size === names.length;
}

/** Fastify would take what cannot be decoded as it is written. A path that cannot be was refused before. */
function isDecodable(url: string): boolean {
  if (!url.includes('%')) return true;
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}
