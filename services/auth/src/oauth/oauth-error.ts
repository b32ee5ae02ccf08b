import { type ErrorForm, Problem, type ProblemCode, problemOf } from '@pair/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type OAuthError, OAuthErrorSchema } from './schemas.ts';

/** The error codes of RFC 6749 §4.1.2.1, §5.2, RFC 6750 §3.1, RFC 7009 §2.2.1, RFC 8707 §2 and RFC 9449 §5, §8, which a Problem keeps. */
const ERROR_CODES = new Set<ProblemCode>([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'unsupported_response_type',
  'access_denied',
  'invalid_token',
  'invalid_dpop_proof',
  'use_dpop_nonce',
]);

/** Statuses that say more than 400. A refused client gets 401, a refused access token 401 or 403. */
const KEPT_STATUSES = new Set([401, 403, 404, 405, 406, 413, 417, 429]);

/** Returns the error code of RFC 6749 for a Problem. */
function oauthErrorCode({ statusCode, code }: Problem): string {
  if (statusCode === 503) return 'temporarily_unavailable';
  if (statusCode >= 500) return 'server_error';
  if (code === 'user_required') return 'insufficient_scope';
  return ERROR_CODES.has(code) ? code : 'invalid_request';
}

/** RFC 6749 §5.2: nearly every error is 400. */
function oauthStatus({ statusCode }: Problem): number {
  return statusCode >= 500 || KEPT_STATUSES.has(statusCode) ? statusCode : 400;
}

export function oauthErrorBody(problem: Problem): OAuthError {
  const faults = (problem.errors ?? []).map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`);
  const description = faults.length > 0 ? `${faults.join('; ')}.` : problem.message;
  return {
    error: oauthErrorCode(problem),
    // RFC 6749 allows ASCII there, without the quotation mark and the backslash
    error_description: description
      .replaceAll('"', "'")
      .replaceAll('…', '...')
      .replaceAll(/[^\x20-\x5b\x5d-\x7e]/g, '?'),
  };
}

/** The error handler of the routes that programs call. */
export function sendOAuthError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error, request);
  reply
    .headers(problem.headers ?? {})
    .code(oauthStatus(problem))
    .header('content-type', 'application/json; charset=utf-8')
    .header('cache-control', 'no-store')
    .serializer(JSON.stringify)
    .send(oauthErrorBody(problem));
}

/** The form in which `sendOAuthError` sends the errors of a request with an access token, for the document. */
export const bearerErrorForm: ErrorForm = {
  statusOf: oauthStatus,
  contentOf: (problems) => {
    const examples = problems.map((problem) => [problem.code, { value: oauthErrorBody(problem) }]);
    return { 'application/json': { schema: OAuthErrorSchema, examples: Object.fromEntries(examples) } };
  },
};

/** The same for a request of a client, whose refusals have other meanings. */
export const oauthErrorForm: ErrorForm = {
  ...bearerErrorForm,
  descriptions: {
    400: 'The request is not valid; `error` is a code of RFC 6749 §5.2',
    401: 'Unknown client, or client authentication failed',
  },
};

export function invalidRequest(detail: string): Problem {
  return new Problem(400, 'invalid_request', detail);
}

export function invalidGrant(detail: string): Problem {
  return new Problem(400, 'invalid_grant', detail);
}
