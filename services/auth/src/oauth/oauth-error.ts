import { Problem, problemOf } from '@pair/service-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type OAuthError, OAuthErrorSchema } from './schemas.ts';

/** What RFC 6749 §4.1.2.1, §5.2 and RFC 7009 §2.2.1 have names for. A Problem with such a code keeps it. */
const ERROR_CODES = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'unsupported_response_type',
  'access_denied',
]);

/** Statuses that HTTP defines and that say more than a 400. */
const KEPT_STATUSES = new Set([404, 405, 406, 413, 417, 429]);

type Described = Pick<Problem, 'statusCode' | 'code' | 'message' | 'errors'>;

/** The error code of RFC 6749 for a Problem. */
function oauthErrorCode({ statusCode, code }: Pick<Described, 'statusCode' | 'code'>): string {
  if (statusCode === 503) return 'temporarily_unavailable';
  if (statusCode >= 500) return 'server_error';
  return ERROR_CODES.has(code) ? code : 'invalid_request';
}

/** RFC 6749 §5.2: 400 for nearly everything. */
function oauthStatus({ statusCode, code }: Pick<Described, 'statusCode' | 'code'>): number {
  if (code === 'invalid_client') return statusCode;
  return statusCode >= 500 || KEPT_STATUSES.has(statusCode) ? statusCode : 400;
}

export function oauthErrorBody(problem: Described): OAuthError {
  const faults = (problem.errors ?? []).map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`);
  const description = faults.length > 0 ? `${faults.join('; ')}.` : problem.message;
  return {
    error: oauthErrorCode(problem),
    // the characters that RFC 6749 allows there: neither a quotation mark nor a backslash, and only ASCII
    error_description: description.replaceAll('"', "'").replaceAll(/[^\x20-\x5b\x5d-\x7e]/g, '?'),
  };
}

/** For `setErrorHandler` of the routes that programs call. */
export function sendOAuthError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error, request);
  const status = oauthStatus(problem);
  const { 'www-authenticate': challenge, ...headers } = problem.headers ?? {};
  // where it is no 401, clients take a challenge for the whole answer, and do not look at the error
  if (challenge !== undefined && status === 401) reply.header('www-authenticate', challenge);
  reply
    .headers(headers)
    .code(status)
    .header('content-type', 'application/json; charset=utf-8')
    .header('cache-control', 'no-store')
    .serializer(JSON.stringify)
    .send(oauthErrorBody(problem));
}

interface ProblemMedia {
  examples?: Record<string, { value: { status: number; code: string; detail: string } }>;
}
interface Response {
  description?: string;
  headers?: object;
  content?: Record<string, ProblemMedia>;
}

/** Documents the errors of the routes of a scope as `sendOAuthError` sends them, whatever they were declared as. */
export function documentOAuthErrors(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    const response = (route.schema?.response ?? {}) as Record<string, Response>;
    route.schema = { ...route.schema, response: inOAuthForm(response) };
  });
}

function inOAuthForm(responses: Record<string, Response>): Record<string, object> {
  const converted: Record<string, object> = {};
  const errors = new Map<number, { response: Response; examples: Record<string, { value: OAuthError }> }>();
  for (const [status, response] of Object.entries(responses)) {
    const media = response.content?.['application/problem+json'];
    if (media === undefined) {
      converted[status] = response;
      continue;
    }
    for (const { value } of Object.values(media.examples ?? {})) {
      const problem = {
        statusCode: value.status,
        code: value.code,
        message: value.detail,
        errors: undefined,
      };
      const { response: first, examples } = errors.get(oauthStatus(problem)) ?? { response, examples: {} };
      const body = oauthErrorBody(problem);
      examples[value.code] = { value: body };
      errors.set(oauthStatus(problem), { response: first, examples });
    }
  }
  for (const [status, { response, examples }] of errors) {
    converted[status] = {
      description: DESCRIPTIONS[status] ?? response.description,
      ...(response.headers === undefined ? {} : { headers: response.headers }),
      content: { 'application/json': { schema: OAuthErrorSchema, examples } },
    };
  }
  return converted;
}

const DESCRIPTIONS: Record<number, string> = {
  400: 'What RFC 6749 §5.2 has a name for',
  401: 'The client is not known, or did not prove who it is',
};

export function invalidRequest(detail: string): Problem {
  return new Problem(400, 'invalid_request', detail);
}
