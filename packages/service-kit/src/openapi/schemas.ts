import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { EXPECTATION_FAILED, UNKNOWN_CONTENT_CODING } from '../http/misreadable.ts';
import { toProblem, unsupportedMediaType } from '../problems/errors.ts';
import { type Problem, type ProblemBody, problemBody } from '../problems/problem.ts';
import { unprocessable } from '../problems/validation.ts';

/** As much as the gateway passes in one line of a header. */
export const MAX_HEADER_LENGTH = 8_192;

/** Ours are UUIDs, or what the gateway made. */
export const REQUEST_ID_PATTERN = '^[A-Za-z0-9_-]{1,64}$';

/** RFC 9457 problem details, as every error of both services has them. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({
      description: 'Always `about:blank`: `code` tells the problems of one status apart.',
    }),
    title: Type.String({ description: 'The reason phrase of the status.' }),
    status: Type.Integer({ minimum: 400, maximum: 599, description: 'The HTTP status.' }),
    code: Type.String({ description: 'Stable, for programs.' }),
    detail: Type.String({ description: 'For people.' }),
    instance: Type.Optional(Type.String({ description: 'The path of the request.' })),
    request_id: Type.String({
      pattern: REQUEST_ID_PATTERN,
      description: 'Also in `X-Request-Id` and in the logs.',
    }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.String({
            description: 'JSON Pointer (RFC 6901) into the body, or `/name` of a parameter.',
          }),
          detail: Type.String({ description: 'Completes the sentence "the value …".' }),
        }),
        { description: 'One for each fault in the input.' },
      ),
    ),
  },
  { $id: 'Problem', title: 'Problem', description: 'RFC 9457 problem details' },
);

const DESCRIPTIONS = {
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
} as const;

type ProblemStatus = keyof typeof DESCRIPTIONS;

export const EXAMPLE_REQUEST_ID = '4f6d1c0a9b3e4d7f8a2b5c6d7e8f9a0b';

/**
 * The response schemas of the errors of a route, from those that it throws, which become the examples:
 * `response: { 200: …, ...problemResponses(customerNotFound()) }`.
 */
export function problemResponses(...problems: Problem[]): Record<ProblemStatus, object> {
  const responses: Record<number, object> = {};
  for (const status of new Set(problems.map(({ statusCode }) => statusCode))) {
    const alike = problems.filter(({ statusCode }) => statusCode === status);
    const examples = problemExamples(...alike);
    responses[status] = {
      description: DESCRIPTIONS[status as ProblemStatus],
      headers: headersOf(alike),
      content: { 'application/problem+json': { schema: Type.Ref('Problem#'), examples } },
    };
  }
  return responses as Record<ProblemStatus, object>;
}

/** The responses of a route with further problems: of a status that is there already, further examples. */
export function withProblems(responses: object, ...problems: Problem[]): object {
  const merged: Record<string, object> = { ...responses };
  for (const [status, response] of Object.entries(problemResponses(...problems))) {
    const there = merged[status] as ProblemResponse | undefined;
    const media = there?.content?.[PROBLEM];
    if (there === undefined) merged[status] = response;
    else if (media?.examples !== undefined) {
      const examples = { ...media.examples, ...(response as ProblemResponse).content?.[PROBLEM]?.examples };
      merged[status] = { ...there, content: { [PROBLEM]: { ...media, examples } } };
    }
  }
  return merged;
}

const PROBLEM = 'application/problem+json';
interface ProblemResponse {
  content?: Record<string, { examples?: object }>;
}

/** By code, as OpenAPI has the examples of a media type; `openapi` names the path as `instance`. */
export function problemExamples(...problems: Problem[]): Record<string, { value: ProblemBody }> {
  return Object.fromEntries(
    problems.map((problem) => [problem.code, { value: problemBody(problem, EXAMPLE_REQUEST_ID, '/') }]),
  );
}

const HEADERS: Record<string, string> = {
  'retry-after': 'After how many seconds to try again',
  accept: 'The media types that the body may have',
  'accept-post': 'The media types that the body may have (W3C LDP §7.1)',
  'accept-patch': 'The media types that the body may have (RFC 5789 §2.2)',
  'accept-encoding': 'The content codings that bodies may have',
  'www-authenticate': 'What the request lacks (RFC 9110 §11.6.1)',
};

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

/** What a body that breaks its schema gets. To be named by a route that has another 422 besides. */
export const VALIDATION_FAILED = unprocessable([{ pointer: '/nickname', detail: 'is not known here' }]);

const WITH_A_BODY = ['POST', 'PUT', 'PATCH', 'DELETE'];

interface DocumentedSchema {
  response?: object;
  body?: object;
  consumes?: string[];
}

/** What any route may answer, before or in spite of what it does; beside what it says itself. */
export function documentCommonAnswers(app: FastifyInstance): void {
  const ofFastify = (statusCode: number, code?: string) => toProblem({ statusCode, code });
  const always = [ofFastify(400), UNKNOWN_CONTENT_CODING, EXPECTATION_FAILED, toProblem({})];
  const ofJson = [
    ofFastify(400, 'FST_ERR_CTP_INVALID_JSON_BODY'),
    ofFastify(400, 'FST_ERR_CTP_EMPTY_JSON_BODY'),
  ];
  app.addHook('onRoute', (route) => {
    const { response, body, consumes } = (route.schema ?? {}) as DocumentedSchema;
    if (response === undefined) return;
    const hasBody = [route.method].flat().some((method) => WITH_A_BODY.includes(method));
    // files and forms say what they are; a body where there should be none is read as JSON
    const isOther =
      consumes?.some((type) => !/json$/.test(type)) ?? (body !== undefined && 'content' in body);
    const isJson = hasBody && !isOther;
    const [method = ''] = [route.method].flat();
    const common = [
      ...always,
      ...(hasBody ? [ofFastify(413), unsupportedMediaType(method, { consumes, body })] : []),
      ...(isJson ? ofJson : []),
      ...(isJson && body !== undefined ? [VALIDATION_FAILED] : []),
    ];
    route.schema = { ...route.schema, response: withProblems(response, ...common) };
  });
}
