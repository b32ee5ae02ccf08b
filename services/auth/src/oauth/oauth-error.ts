import { type ErrorForm, Problem, type ProblemCode, problemOf } from '@pair/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type OAuthError, OAuthErrorSchema } from './schemas.ts';

/** The error codes of RFC 6749 §4.1.2.1, §5.2 and RFC 7009 §2.2.1. A Problem with such a code keeps it. */
const ERROR_CODES = new Set<ProblemCode>([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'unsupported_response_type',
  'access_denied',
]);

/** Statuses that say more than 400. */
const KEPT_STATUSES = new Set([404, 405, 406, 413, 417, 429]);

/** Returns the error code of RFC 6749 for a Problem. */
function oauthErrorCode({ statusCode, code }: Problem): string {
  if (statusCode === 503) return 'temporarily_unavailable';
  if (statusCode >= 500) return 'server_error';
  return ERROR_CODES.has(code) ? code : 'invalid_request';
}

/** RFC 6749 §5.2: nearly every error is 400, and only a client that failed to authenticate gets 401. */
function oauthStatus({ statusCode, code }: Problem): number {
  if (code === 'invalid_client') return statusCode;
  return statusCode >= 500 || KEPT_STATUSES.has(statusCode) ? statusCode : 400;
}

export function oauthErrorBody(problem: Problem): OAuthError {
  const faults = (problem.errors ?? []).map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`);
  const description = faults.length > 0 ? `${faults.join('; ')}.` : problem.message;
  return {
    error: oauthErrorCode(problem),
    // RFC 6749 allows ASCII there, without the quotation mark and the backslash
    error_description: description.replaceAll('"', "'").replaceAll(/[^\x20-\x5b\x5d-\x7e]/g, '?'),
  };
}

/** The error handler of the routes that programs call. */
export function sendOAuthError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error, request);
  const status = oauthStatus(problem);
  const { 'www-authenticate': challenge, ...headers } = problem.headers ?? {};
  // with another status, clients take a challenge for the whole answer, and do not look at the error
  if (challenge !== undefined && status === 401) reply.header('www-authenticate', challenge);
  reply
    .headers(headers)
    .code(status)
    .header('content-type', 'application/json; charset=utf-8')
    .header('cache-control', 'no-store')
    .serializer(JSON.stringify)
    .send(oauthErrorBody(problem));
}

/** The form in which `sendOAuthError` sends errors, for the document. */
export const oauthErrorForm: ErrorForm = {
  statusOf: oauthStatus,
  contentOf: (problems) => {
    const examples = problems.map((problem) => [problem.code, { value: oauthErrorBody(problem) }]);
    return { 'application/json': { schema: OAuthErrorSchema, examples: Object.fromEntries(examples) } };
  },
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
