import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';

/** RFC 9457 problem details, as every error of both services has them. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({
      description: 'Always `about:blank`: `code` tells the problems of one status apart.',
    }),
    title: Type.String({ description: 'The reason phrase of the status.' }),
    status: Type.Integer({ description: 'The HTTP status.' }),
    code: Type.String({ description: 'Stable, for programs.' }),
    detail: Type.String({ description: 'For people.' }),
    instance: Type.Optional(Type.String({ description: 'The path of the request.' })),
    request_id: Type.String({ description: 'Also in `X-Request-Id` and in the logs.' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.String({
            description: 'JSON Pointer (RFC 6901) into the body, or `/name` of a parameter.',
          }),
          detail: Type.String(),
        }),
        { description: 'One for each fault in the input.' },
      ),
    ),
  },
  { $id: 'Problem', title: 'Problem', description: 'RFC 9457 problem details' },
);

const DESCRIPTIONS = {
  400: 'The path, the query, a header or the JSON itself is malformed',
  401: 'No token, or one that is not valid',
  403: 'The token lacks the scope',
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

/** The response schemas of a route's errors: `response: { 200: …, ...problemResponses(404, 412) }`. */
export function problemResponses<S extends ProblemStatus>(...statuses: S[]): Record<S, object> {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: DESCRIPTIONS[status],
        content: { 'application/problem+json': { schema: Type.Ref('Problem#') } },
      },
    ]),
  ) as Record<S, object>;
}

/** What any route may answer, before or in spite of what it does; beside what it says itself. */
export function documentCommonAnswers(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    const response = route.schema?.response;
    if (response === undefined) return;
    route.schema = { ...route.schema, response: { ...problemResponses(400, 417, 500), ...response } };
  });
}
