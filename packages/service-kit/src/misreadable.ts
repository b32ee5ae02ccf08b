import type { FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';

const MISSING_HOST = new Problem(400, 'invalid_request', 'The Host header is missing.');
export const EXPECTATION_FAILED = new Problem(
  417,
  'expectation_failed',
  'Only 100-continue can be expected here.',
);
const UNKNOWN_TRANSFER_CODING = new Problem(
  400,
  'invalid_request',
  'The only transfer coding here is chunked.',
);
const UNDECODABLE_QUERY = new Problem(400, 'invalid_request', 'The query is not percent-encoded UTF-8.');
// RFC 9110 §15.5.16: a 415 for the coding tells which ones are taken
export const UNKNOWN_CONTENT_CODING = new Problem(
  415,
  'unsupported_content_coding',
  'The content coding of the body is not supported here.',
  { headers: { 'accept-encoding': 'identity' } },
);

/**
 * Why a request cannot be understood as it was meant, in what Node and Fastify pass over: each of these would be taken
 * for something else than was sent.
 */
export function misreadable(request: FastifyRequest): Problem | undefined {
  const { headers, raw, url } = request;
  // RFC 9112 §3.2; HTTP/1.0 has none
  if (headers.host === undefined && raw.httpVersionMinor === 1) return MISSING_HOST;
  // RFC 9110 §10.1.1
  if (headers.expect !== undefined && !isOneOf(headers.expect, '100-continue')) return EXPECTATION_FAILED;
  // RFC 9112 §6.1. Node undoes `gzip, chunked` by half
  if (!isOneOf(headers['transfer-encoding'], 'chunked')) return UNKNOWN_TRANSFER_CODING;
  if (!isOneOf(headers['content-encoding'], 'identity')) return UNKNOWN_CONTENT_CODING;
  return isDecodable(url) ? undefined : UNDECODABLE_QUERY;
}

function isOneOf(field: string | undefined, token: string): boolean {
  return field === undefined || field.toLowerCase() === token;
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
