import { ApiError } from './api-error.ts';
import { type Clock, orAborted } from './clock.ts';

const MAX_ATTEMPTS = 4;
const MAX_WAIT_MS = 5_000;
/** Of the wait: so that clients which were refused together do not come back together. */
const MAX_JITTER = 0.25;

/** What decides whether a request may be sent again. */
export interface Repetition {
  method: string;
  /** As in the OpenAPI document, with its braces. */
  path: string;
  body?: unknown;
  signal?: AbortSignal | null | undefined;
}

/**
 * Tries again when the answer says when (`Retry-After`), and doing so is safe: at most four times, and for five
 * seconds of waiting.
 *
 * @throws what the last attempt threw, or the reason of the signal
 */
export async function withRetries<T>(
  request: Repetition,
  clock: Clock,
  attempt: () => Promise<T>,
): Promise<T> {
  let leftMs = MAX_WAIT_MS;
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      const waitMs = waitOf(error, request);
      leftMs -= waitMs;
      if (attempts === MAX_ATTEMPTS || leftMs < 0) throw error;
      request.signal?.throwIfAborted();
      await orAborted(clock.sleep(waitMs, request.signal), request.signal);
    }
  }
}

function waitOf(error: unknown, request: Repetition): number {
  if (!(error instanceof ApiError) || error.retryAfterSeconds === undefined) return Infinity;
  if (!isRepeatable(request.body) || !mayRepeatAfter(error, request)) return Infinity;
  return error.retryAfterSeconds * 1_000 * (1 + Math.random() * MAX_JITTER);
}

function mayRepeatAfter({ status, code }: ApiError, { method, path }: Repetition): boolean {
  if (status === 429) return true; // refused before anything was done
  if (code === 'request_in_progress') return true; // the same Idempotency-Key, whose first answer was lost
  // with 503 it may have been done, and only the answer have failed
  return status === 503 && IDEMPOTENT.test(`${method} ${path}`);
}

/** A stream is used up by the first attempt. */
export function isRepeatable(body: unknown): boolean {
  return !(
    typeof body === 'object' &&
    body !== null &&
    ('getReader' in body || Symbol.asyncIterator in body)
  );
}

/**
 * Twice is as good as once (RFC 9110 §9.2.2), by method or because the service sees to it: `POST /customers` has an
 * Idempotency-Key, a refresh token gets the same successor again for some seconds. Not `PUT /auth/password`: the second
 * time the current password is another one.
 */
const IDEMPOTENT =
  /^((GET|DELETE) |PUT (?!\/auth\/password$)|POST (\/customers|\/auth\/(refresh|logout)|\/oauth\/(revoke|introspect))$)/;
