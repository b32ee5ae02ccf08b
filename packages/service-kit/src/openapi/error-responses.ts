import { type Problem, type ProblemBody, problemBody } from '../problems/problem.ts';
import { EXAMPLE_REQUEST_ID, ProblemSchema } from './schemas.ts';

/** The 429 of the gateway, which has no `instance`, and the 429 of every route that needs a token. */
export const SHARED_CODES = new Set<string>(['too_many_requests', 'rate_limit_exceeded']);

/** The form in which a scope sends its errors, for the document. The error handler of the scope must send this form. */
export interface ErrorForm {
  /** Returns the status of the answer for a problem. */
  statusOf(problem: Problem): number;
  /** Returns the body of the answer: a media type with its schema, and an example for each problem. */
  contentOf(problems: Problem[]): object;
  /** Descriptions of statuses that have another meaning in this form. */
  descriptions?: Record<number, string>;
}

/** The form of RFC 9457, which `handleError` sends. */
export const problemForm: ErrorForm = {
  statusOf: ({ statusCode }) => statusCode,
  contentOf: (problems) => ({
    'application/problem+json': { schema: ProblemSchema, examples: problemExamples(...problems) },
  }),
};

const DESCRIPTIONS: Record<number, string> = {
  400: 'The path, the query, a header or the JSON itself is malformed',
  401: 'The token or other credential is missing or not valid',
  403: 'Authenticated, but not allowed',
  404: 'Not found',
  406: 'No offered media type is acceptable',
  408: 'The request took too long to arrive',
  409: 'The request conflicts with existing data',
  412: 'The precondition in If-Match or If-None-Match does not hold',
  413: 'The body is too large',
  415: 'The media type of the body is not supported',
  417: 'Expect has a value other than 100-continue',
  422: 'The body is JSON, but breaks the schema or a rule',
  429: 'Too many requests: try again after Retry-After seconds',
  500: 'A fault of the server; the answer has no details',
  503: 'A store is away: try again after Retry-After seconds',
};

const HEADERS: Record<string, string> = {
  'retry-after': 'The number of seconds to wait before you try again',
  accept: 'The media types that the body may have',
  'accept-post': 'The media types that the body may have (W3C LDP §7.1)',
  'accept-patch': 'The media types that the body may have (RFC 5789 §2.2)',
  'accept-encoding': 'The content codings that bodies may have',
  'dpop-nonce': 'The nonce for your next proofs (RFC 9449 §8)',
  'cache-control': 'No cache keeps the answer: its nonce is soon too old',
  'www-authenticate': 'The challenge: the credential that the request lacks (RFC 9110 §11.6.1)',
};

/** Returns the responses of an operation, by status, for its problems in one form. */
export function errorResponses(problems: Problem[], form: ErrorForm): Record<number, object> {
  const responses: Record<number, object> = {};
  const byStatus = [...problems].sort((a, b) => a.statusCode - b.statusCode);
  for (const status of new Set(byStatus.map(form.statusOf))) {
    const alike = byStatus.filter((problem) => form.statusOf(problem) === status);
    responses[status] = {
      description: form.descriptions?.[status] ?? DESCRIPTIONS[status],
      headers: headersOf(alike.filter(({ statusCode }) => statusCode === status)),
      content: form.contentOf(alike),
    };
  }
  return responses;
}

/**
 * Returns the examples of a media type by code, in the form of OpenAPI. `openapi` sets the path as `instance`, except in
 * the problems that operations share.
 */
export function problemExamples(...problems: Problem[]): Record<string, { value: ProblemBody }> {
  return Object.fromEntries(
    problems.map((problem) => {
      const path = SHARED_CODES.has(problem.code) ? undefined : '/';
      return [problem.code, { value: problemBody(problem, EXAMPLE_REQUEST_ID, path) }];
    }),
  );
}

function headersOf(problems: Problem[]): object {
  const headers = problems.flatMap((problem) => Object.entries(problem.headers ?? {}));
  return Object.fromEntries(
    headers.map(([name, value]) => [
      name,
      {
        type: 'string',
        description: HEADERS[name] ?? '',
        examples: [value],
        required: problems.every((problem) => problem.headers?.[name] !== undefined),
      },
    ]),
  );
}
