import { Problem } from '@pair/service-kit';
import type { FastifyReply } from 'fastify';
import { LRUCache } from 'lru-cache';

/** About 200 bytes each. A forgotten subject has its whole burst again. */
export const MAX_SUBJECTS = 10_000;

/** How many requests one subject may send to a service in one process. */
export interface SubjectRate {
  /** Requests a second, in the long run. 0: no limit. */
  perSecond: number;
  /** Requests at once, after a pause. */
  burst: number;
}

/** Counts a request of a subject, and adds the header fields of the limit to its answer. Returns the refusal, if any. */
export type CountRequest = (subject: string, reply: FastifyReply) => Problem | undefined;

/**
 * Limits the requests of each subject by the generic cell rate algorithm: a token bucket that stores one time, at which the
 * burst is whole again. Runs on every request, so for a known subject it allocates nothing but the number of the clock.
 *
 * The header fields are those of draft-ietf-httpapi-ratelimit-headers-10.
 *
 * @param now a time in ms that never goes back; a test may move it
 */
export function countRequestsBySubject(
  { perSecond, burst }: SubjectRate,
  now: () => number = () => performance.now(),
): { count: CountRequest; readonly subjects: number } {
  const subjects = new LRUCache<string, { wholeAt: number }>({ max: MAX_SUBJECTS });
  const intervalMs = 1_000 / perSecond;
  const burstMs = burst * intervalMs;
  const policy = `"subject";q=${burst};w=${Math.ceil(burst / perSecond)}`;
  /** The text for each number of remaining requests: written once, and then only read. */
  const fields = new Array<string | undefined>(burst);
  const fieldOf = (remaining: number) =>
    (fields[remaining] ??= `"subject";r=${remaining};t=${Math.ceil((burst - remaining) / perSecond)}`);

  const count: CountRequest = (subject, reply) => {
    const time = now();
    let bucket = subjects.get(subject);
    if (bucket === undefined) {
      bucket = { wholeAt: time };
      subjects.set(subject, bucket);
    }
    const usedMs = Math.max(bucket.wholeAt - time, 0) + intervalMs;
    const isExceeded = usedMs > burstMs + ROUNDING_MS;
    if (!isExceeded) bucket.wholeAt = time + usedMs;
    const remaining = isExceeded ? 0 : Math.floor((burstMs - usedMs + ROUNDING_MS) / intervalMs);
    reply.header('ratelimit-policy', policy).header('ratelimit', fieldOf(remaining));
    return isExceeded ? rateLimitExceeded(usedMs - burstMs) : undefined;
  };
  return {
    count,
    get subjects() {
      return subjects.size;
    },
  };
}

/** Sums of times in ms are inexact; without it the last request of a burst could be refused. */
const ROUNDING_MS = 1e-3;

/** The refusal of a subject that sends too much. */
export function rateLimitExceeded(waitMs = 1): Problem {
  return new Problem(429, 'rate_limit_exceeded', 'You send too many requests. Try again in a moment.', {
    headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) },
  });
}
