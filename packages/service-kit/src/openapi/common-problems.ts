import type { FastifySchema, RouteOptions } from 'fastify';
import { notAcceptable, offeredTypes } from '../http/negotiation.ts';
import { expectationFailed, unsupportedContentCoding } from '../http/refuse-ambiguous.ts';
import { toProblem, unsupportedMediaType } from '../problems/errors.ts';
import { Problem } from '../problems/problem.ts';
import { unprocessable } from '../problems/validation.ts';

/** The refusal of a body that breaks its schema. A route with another 422 lists it too, to put it first. */
export function validationFailed(): Problem {
  return unprocessable([{ pointer: '/nickname', detail: 'is not known here' }]);
}

/** The answer of the gateway to an address that sends too much. The services never see such a request. */
export function tooManyRequests(): Problem {
  const detail = 'Too many requests from this address. Try again in a moment.';
  return new Problem(429, 'too_many_requests', detail, { headers: { 'retry-after': '1' } });
}

const WITH_A_BODY = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** The errors that any route with this method and schema may answer, regardless of its handler. */
export function commonProblems(method: RouteOptions['method'], schema: FastifySchema = {}): Problem[] {
  const { body, consumes } = schema;
  const [first = ''] = [method].flat();
  const hasBody = [method].flat().some((one) => WITH_A_BODY.includes(one));
  const isJson = hasBody && !isOther(schema);
  const offered = offeredTypes(schema);
  return [
    byFastify(400),
    unsupportedContentCoding(),
    expectationFailed(),
    toProblem({}),
    tooManyRequests(),
    ...(offered.length > 0 ? [notAcceptable(offered)] : []),
    ...(hasBody ? [byFastify(413), unsupportedMediaType(first, { consumes, body })] : []),
    ...(isJson ? [byFastify(400, 'FST_ERR_CTP_INVALID_JSON_BODY')] : []),
    ...(isJson ? [byFastify(400, 'FST_ERR_CTP_EMPTY_JSON_BODY')] : []),
    ...(isJson && body !== undefined ? [validationFailed()] : []),
  ];
}

/** True for files and forms, which declare their media type. An unexpected body is read as JSON. */
function isOther({ consumes, body }: FastifySchema): boolean {
  if (consumes !== undefined) return consumes.some((type) => !/json$/.test(type));
  return typeof body === 'object' && body !== null && 'content' in body;
}

function byFastify(statusCode: number, code?: string): Problem {
  return toProblem({ statusCode, code });
}
