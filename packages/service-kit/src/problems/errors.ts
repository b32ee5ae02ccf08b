import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isThrownAway, lastAnswerOn, requestIdOf, throwAway } from '../http/connection.ts';
import { isTimeLimitLifted } from '../http/time-limit.ts';
import { countRateLimitedRequest } from '../metrics/rate-limited-requests.ts';
import { countUnavailableAnswer } from '../metrics/unavailable-answers.ts';
import { isOverload } from './overload.ts';
import { PROBLEM_CONTENT_TYPE, Problem, problemBody, unavailable } from './problem.ts';
import type { ProblemCode } from './problem-code.ts';
import { isStoreUnavailable, unavailablePart } from './unavailable.ts';

type Text = [code: ProblemCode, detail: string];

const MALFORMED: Text = ['invalid_request', 'The request is malformed.'];
const CLIENT_ERRORS: Record<number, Text> = {
  400: MALFORMED,
  403: ['forbidden', 'Access denied.'],
  404: ['not_found', 'There is nothing here.'],
  408: ['request_timeout', 'The request took too long to arrive.'],
  412: ['precondition_failed', 'The precondition does not hold.'],
  413: ['body_too_large', 'The body is larger than this route accepts.'],
  414: ['uri_too_long', 'The path is too long.'],
  416: ['range_not_satisfiable', 'The range is not in the document.'],
  431: ['headers_too_large', 'The header section is too large.'],
};

/** Texts for refusals by Fastify that say more to a client than the status does. */
const FASTIFY_ERRORS: Record<string, Text> = {
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid_json', 'The body is not valid JSON.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['empty_body', 'This request needs a body.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid_request', 'The body is not as long as Content-Length says.'],
};

/** Turns every error into a Problem; an unforeseen error becomes a constant 500. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  // before the check of stores: a client that disconnects while it sends causes an ECONNRESET with status 400
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    const known = FASTIFY_ERRORS[code ?? ''] ?? CLIENT_ERRORS[statusCode] ?? MALFORMED;
    return new Problem(statusCode, known[0], known[1]);
  }
  if (isStoreUnavailable(error)) return unavailable(error);
  return new Problem(
    500,
    'internal_error',
    'Something went wrong on our side. It was logged under request_id.',
    {
      cause: error,
    },
  );
}

interface BodySchema {
  consumes?: readonly string[] | undefined;
  body?: unknown;
}

/**
 * Makes a 415 that names the supported media types: in words, in `Accept` (RFC 9110 §15.5.16), and in the header field of
 * the method (RFC 5789 §2.2, W3C LDP §7.1).
 */
export function unsupportedMediaType(
  method: string,
  { consumes, body }: BodySchema = {},
  detail?: string,
): Problem {
  const types =
    consumes ?? Object.keys((body as { content?: object } | undefined)?.content ?? { [JSON_TYPE]: {} });
  const advice =
    body === undefined && consumes === undefined
      ? 'this request needs no body, so leave out Content-Type'
      : `send ${types.join(' or ')}, in UTF-8, and say so in Content-Type`;
  const field = { POST: 'accept-post', PATCH: 'accept-patch' }[method];
  const accepted = types.join(', ');
  return new Problem(
    415,
    'unsupported_media_type',
    detail ?? `The media type of the body is not supported here: ${advice}.`,
    { headers: { accept: accepted, ...(field === undefined ? {} : { [field]: accepted }) } },
  );
}

const JSON_TYPE = 'application/json';

/** Returns the problem for the client, and logs the error if an operator must know of it. */
export function problemOf(error: unknown, request: FastifyRequest): Problem {
  const isUnknownType = (error as { code?: unknown }).code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE';
  const problem = isUnknownType
    ? unsupportedMediaType(request.method, request.routeOptions.schema)
    : toProblem(error);
  if (problem.statusCode === 429) countRateLimitedRequest(request.server.metrics, problem.code);
  if (problem.statusCode === 503)
    countUnavailableAnswer(request.server.metrics, unavailablePart(problem.cause));
  if (problem.statusCode >= 500 && !isOverload(problem.cause)) {
    const level = problem.statusCode === 503 ? 'warn' : 'error';
    request.log[level]({ req: request, err: problem.cause ?? problem }, problem.code);
  }
  return problem;
}

/** For `setErrorHandler` and `frameworkErrors`. Sends a string, so that the response schema of a route removes no member. */
export function handleError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error, request);
  if (problem.headers !== undefined) reply.headers(problem.headers);
  reply
    .code(problem.statusCode)
    .header('content-type', PROBLEM_CONTENT_TYPE)
    .header('cache-control', 'no-store')
    .serializer(JSON.stringify)
    .send(problemBody(problem, request.id, request.url));
}

const SOCKET_ERRORS: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/**
 * For `clientErrorHandler`: answers bytes that did not become a complete request. There is no reply then, only the socket.
 *
 * @param commonHeaders returns the headers of every answer; without a request if its header is unreadable
 */
export function handleClientError(
  error: NodeJS.ErrnoException,
  socket: Socket,
  commonHeaders: (request?: IncomingMessage) => Record<string, string> = () => ({}),
): void {
  if (isThrownAway(socket)) return;
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && isTimeLimitLifted(socket)) return;
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  // otherwise Node would still handle the rest of the request after its refusal
  throwAway(socket);
  const refuse = (unanswered?: ServerResponse<IncomingMessage>) => {
    if (socket.writable) socket.write(refusal(error, commonHeaders, unanswered));
    socket.destroySoon();
  };
  const last = lastAnswerOn(socket);
  // the rest of an answered request: no client waits for another answer to it
  const isRest = last?.writableEnded === true && !last.req.complete;
  const end = () => (isRest ? socket.destroySoon() : refuse());
  if (last === undefined || last.closed) end();
  else if (isRest || last.req.complete) last.once('close', end);
  // an answer cannot be replaced if it has begun, or if another answer must come before it
  else if (last.headersSent || last.socket === null) socket.destroy();
  else refuse(last);
}

function refusal(
  error: NodeJS.ErrnoException,
  commonHeaders: (request?: IncomingMessage) => Record<string, string>,
  unanswered?: ServerResponse<IncomingMessage>,
): string {
  const status = SOCKET_ERRORS[error.code ?? ''] ?? 400;
  const requestId = (unanswered && requestIdOf(unanswered)) ?? randomUUID();
  const body = JSON.stringify(problemBody(toProblem({ statusCode: status }), requestId, unanswered?.req.url));
  const headers = {
    ...commonHeaders(unanswered?.req),
    'content-type': PROBLEM_CONTENT_TYPE,
    'content-length': Buffer.byteLength(body),
    'x-request-id': requestId,
    'cache-control': 'no-store',
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}
