import { ApiError } from './api-error.ts';
import { type Clock, orAborted } from './clock.ts';
import type { CallProofs } from './dpop/dpop.ts';

const MAX_ATTEMPTS = 4;
const MAX_WAIT_MS = 5_000;
/** This share of the wait is added at random, so that clients which were refused together do not come back together. */
const MAX_JITTER = 0.25;

/** The parts of a request that decide whether the client may repeat it. */
export interface Repetition {
  method: string;
  /** The path of the OpenAPI document, with its braces. */
  path: string;
  body?: unknown;
  signal?: AbortSignal | null | undefined;
  proofs?: CallProofs | undefined;
}

/**
 * Repeats a request after an answer with `Retry-After`, if that is safe, and at once if another proof of possession
 * can help. Makes at most four attempts, and waits at most five seconds in all.
 *
 * @throws the error of the last attempt, or the reason of the signal
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
      if (waitMs > 0) await orAborted(clock.sleep(waitMs, request.signal), request.signal);
    }
  }
}

function waitOf(error: unknown, request: Repetition): number {
  if (!(error instanceof ApiError) || !isRepeatable(request.body)) return Infinity;
  if (request.proofs?.mayRepeatAfter(error.code, isIdempotent(request))) return 0;
  if (error.retryAfterSeconds === undefined || !mayRepeatAfter(error, request)) return Infinity;
  return error.retryAfterSeconds * 1_000 * (1 + Math.random() * MAX_JITTER);
}

function mayRepeatAfter({ status, code }: ApiError, request: Repetition): boolean {
  if (status === 429) return true; // the service has refused the request before it did anything
  if (code === 'request_in_progress') return true; // the first attempt with this Idempotency-Key is not answered yet
  // a 503 can hide that the service has done the request
  return status === 503 && isIdempotent(request);
}

function isIdempotent({ method, path }: Repetition): boolean {
  return IDEMPOTENT.test(`${method} ${path}`);
}

/** Returns false for a stream: the first attempt has consumed it. */
export function isRepeatable(body: unknown): boolean {
  return !(
    typeof body === 'object' &&
    body !== null &&
    ('getReader' in body || Symbol.asyncIterator in body)
  );
}

/**
 * The requests that have the same effect once or twice (RFC 9110 §9.2.2): by their method, or because the service ensures
 * it. `POST /customers` has an Idempotency-Key, and a refresh token gets the same successor again for some seconds.
 * `PUT /auth/password` is not among them: a second attempt would have the wrong current password.
 */
const IDEMPOTENT =
  /^((GET|DELETE) |PUT (?!\/auth\/password$)|POST (\/customers|\/auth\/(refresh|logout)|\/oauth\/(revoke|introspect))$)/;
