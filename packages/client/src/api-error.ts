/** A fault in the input. `pointer` is a JSON Pointer (RFC 6901) into the body, or `/name` of a parameter. */
export interface InputFault {
  pointer: string;
  detail: string;
}

/** The members of problem+json (RFC 9457) and of an OAuth 2.0 error (RFC 6749 §5.2). */
interface ErrorBody {
  code?: string;
  detail?: string;
  errors?: InputFault[];
  request_id?: string;
  error?: string;
  error_description?: string;
}

/** The error of a 2xx that is not from the services: a captive portal or a proxy has answered instead. */
const UNEXPECTED = {
  code: 'unexpected_answer',
  detail: 'The answer is not from the services. Check the base URL, the network and its proxies.',
};

/**
 * The error for an answer that is not 2xx, is not JSON although the operation answers JSON, or lacks the tokens of a
 * sign-in. Without an answer (no network, an abort) the client throws the error of `fetch` instead: a `TypeError`, or the
 * reason of the signal.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** The HTTP status. */
  readonly status: number;
  /**
   * A stable code, for programs: the `code` of the problem, the `error` of OAuth 2.0, `http_502` for example if the body
   * has neither, or `unexpected_answer` for a 2xx.
   */
  readonly code: string;
  /** An explanation, for people. */
  readonly detail: string;
  /** The faults of the input, for a 400 or 422. */
  readonly errors: readonly InputFault[];
  /** The id of the request in the logs of the services. */
  readonly requestId: string | undefined;
  /** The time to wait before another attempt, for a 429 or 503. */
  readonly retryAfterSeconds: number | undefined;

  /** @param body the body of the answer, parsed if it was JSON; it becomes the `cause` */
  constructor({ ok, status, statusText, headers }: Response, body: unknown) {
    const members: ErrorBody = typeof body === 'object' && body !== null ? body : {};
    const fallback = ok ? UNEXPECTED : { code: `http_${status}`, detail: statusText };
    const code = members.code ?? members.error ?? fallback.code;
    const detail = members.detail ?? members.error_description ?? fallback.detail;
    super(`${status} ${code}: ${detail}`, { cause: body });
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.errors = members.errors ?? [];
    this.requestId = members.request_id ?? headers.get('x-request-id') ?? undefined;
    this.retryAfterSeconds = retryAfterSeconds(headers);
  }
}

function retryAfterSeconds(headers: Headers): number | undefined {
  const value = headers.get('retry-after') ?? '';
  return /^\d+$/.test(value) ? Number(value) : undefined;
}
