import { STATUS_CODES } from 'node:http';
import type { ProblemCode } from './problem-code.ts';

/** A fault in the input. `pointer` is a JSON Pointer (RFC 6901) into the body, or `/name` of a parameter. */
export interface ProblemDetail {
  pointer: string;
  detail: string;
}

export interface ProblemOptions {
  headers?: Record<string, string>;
  errors?: ProblemDetail[];
  /** Extension members of the body (RFC 9457 §3.2). */
  extensions?: object;
  cause?: unknown;
}

/**
 * An error that a client may see, as RFC 9457 problem details. `code` is stable and for programs; `detail` is for people.
 * Put private facts into `cause`: it is logged for a 5xx, and never sent.
 */
export class Problem extends Error {
  readonly statusCode: number;
  readonly code: ProblemCode;
  readonly headers: Record<string, string> | undefined;
  readonly errors: ProblemDetail[] | undefined;
  readonly extensions: object | undefined;

  constructor(statusCode: number, code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause });
    this.name = 'Problem';
    this.statusCode = statusCode;
    this.code = code;
    this.headers = options.headers;
    this.errors = options.errors;
    this.extensions = options.extensions;
  }
}

/** Makes the 503 for a store or another service that is away for the moment. Retry-After says when to try again. */
export function unavailable(cause?: unknown, retryAfterSeconds = 1): Problem {
  return new Problem(503, 'unavailable', 'The service is temporarily unavailable. Try again in a moment.', {
    headers: { 'retry-after': String(retryAfterSeconds) },
    cause,
  });
}

export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
  detail: string;
  instance?: string;
  request_id: string;
  errors?: ProblemDetail[];
}

/** Returns the body of a problem. `instance` is the path alone, because a query string may contain secrets. */
export function problemBody(problem: Problem, requestId: string, url?: string): ProblemBody {
  return {
    type: 'about:blank',
    title: STATUS_CODES[problem.statusCode] ?? 'Error',
    status: problem.statusCode,
    code: problem.code,
    detail: problem.message,
    ...(url === undefined ? {} : { instance: pathOf(url) }),
    request_id: requestId,
    ...(problem.errors === undefined ? {} : { errors: problem.errors }),
    ...problem.extensions,
  };
}

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}
