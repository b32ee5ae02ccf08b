import { type Problem, type ProblemBody, problemBody } from '../problems/problem.ts';
import { EXAMPLE_REQUEST_ID, ProblemSchema } from './schemas.ts';

/** How a scope sends its errors, for the document. The error handler of the scope sends them so. */
export interface ErrorForm {
  /** The status that a problem is sent with. */
  statusOf(problem: Problem): number;
  /** The body of an answer to one of these: a media type with its schema, and an example of each. */
  contentOf(problems: Problem[]): object;
  /** Of statuses that mean something else in this form. */
  descriptions?: Record<number, string>;
}

/** RFC 9457, as `handleError` sends it. */
export const problemForm: ErrorForm = {
  statusOf: ({ statusCode }) => statusCode,
  contentOf: (problems) => ({
    'application/problem+json': { schema: ProblemSchema, examples: problemExamples(...problems) },
  }),
};

const DESCRIPTIONS: Record<number, string> = {
  400: 'The path, the query, a header or the JSON itself is malformed',
  401: 'No token or other credential, or one that is not valid',
  403: 'Whoever asks is known, but may not do this',
  404: 'Not found',
  406: 'No offered media type is acceptable',
  408: 'The request took too long to arrive',
  409: 'In conflict with what exists',
  412: 'If-Match or If-None-Match does not hold',
  413: 'The body is too large',
  415: 'The media type of the body is not supported',
  417: 'Expect asks for something else than 100-continue',
  422: 'The body is JSON, but breaks the schema or a rule',
  429: 'Too many requests',
  500: 'A fault of ours, told without details',
  503: 'A store is away; try again after Retry-After seconds',
};

const HEADERS: Record<string, string> = {
  'retry-after': 'After how many seconds to try again',
  accept: 'The media types that the body may have',
  'accept-post': 'The media types that the body may have (W3C LDP §7.1)',
  'accept-patch': 'The media types that the body may have (RFC 5789 §2.2)',
  'accept-encoding': 'The content codings that bodies may have',
  'www-authenticate': 'What the request lacks (RFC 9110 §11.6.1)',
};

/** The responses of an operation that answers with these problems in this form, by status. */
export function errorResponses(problems: Problem[], form: ErrorForm): Record<number, object> {
  const responses: Record<number, object> = {};
  for (const status of new Set(problems.map(form.statusOf))) {
    const alike = problems.filter((problem) => form.statusOf(problem) === status);
    responses[status] = {
      description: form.descriptions?.[status] ?? DESCRIPTIONS[status],
      headers: headersOf(alike),
      content: form.contentOf(alike),
    };
  }
  return responses;
}

/** By code, as OpenAPI has the examples of a media type; `openapi` names the path as `instance`. */
export function problemExamples(...problems: Problem[]): Record<string, { value: ProblemBody }> {
  return Object.fromEntries(
    problems.map((problem) => [problem.code, { value: problemBody(problem, EXAMPLE_REQUEST_ID, '/') }]),
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
