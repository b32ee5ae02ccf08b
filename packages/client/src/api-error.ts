/** One fault in the input. `pointer` is a JSON Pointer (RFC 6901) into the body, or `/name` of a parameter. */
export interface InputFault {
  pointer: string;
  detail: string;
}

/** Members of problem+json (RFC 9457), and of an OAuth 2.0 error (RFC 6749 §5.2). */
interface ErrorBody {
  code?: string;
  detail?: string;
  errors?: InputFault[];
  request_id?: string;
  error?: string;
  error_description?: string;
}

/** All that can be wrong with a 2xx: a captive portal or a proxy answered instead of the services. */
const UNEXPECTED = { code: 'unexpected_answer', detail: 'The answer is none that the services give.' };

/**
 * Every answer that is not 2xx, or not JSON where it should be, or has no tokens in it where they should be. What is none at all (no network, an abort) is thrown as
 * `fetch` throws it: a `TypeError`, or the reason of the signal.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** The HTTP status. */
  readonly status: number;
  /**
   * Stable, for programs: `code` of the problem, `error` of OAuth 2.0, or `http_502` when the body has neither. Of a 2xx
   * `unexpected_answer`.
   */
  readonly code: string;
  /** For people. */
  readonly detail: string;
  /** Of a 400 or 422: what is wrong, and where. */
  readonly errors: readonly InputFault[];
  /** Under which the request is in the logs. */
  readonly requestId: string | undefined;
  /** Of a 429 or 503: when it may be tried again. */
  readonly retryAfterSeconds: number | undefined;

  /** @param body parsed if it was JSON; it becomes the `cause` */
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
