import type { ProblemCode } from '../problems/problem-code.ts';
import type { Metrics } from './metrics.ts';

/** The codes of all problems with status 429 that a service answers itself. */
const LIMITS: readonly ProblemCode[] = [
  'rate_limit_exceeded',
  'too_many_attempts',
  'too_many_idempotency_keys',
  'too_many_revocations',
  'too_many_sign_ins',
  'too_many_transfers',
];

const OPTIONS = {
  name: 'rate_limited_requests_total',
  help: 'Answers with status 429, by the code of the limit',
  labelNames: ['limit' as const],
};

/** Begins each time series with zero, so that Prometheus sees the first answer as an increase. */
export function beginRateLimitedRequests(metrics: Metrics): void {
  for (const limit of LIMITS) countRateLimitedRequest(metrics, limit, 0);
}

export function countRateLimitedRequest(metrics: Metrics, limit: ProblemCode, count = 1): void {
  metrics.counter(OPTIONS).inc({ limit }, count);
}
