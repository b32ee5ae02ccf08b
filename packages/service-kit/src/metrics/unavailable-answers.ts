import { UNAVAILABLE_PARTS, type UnavailablePart } from '../problems/unavailable.ts';
import type { Metrics } from './metrics.ts';

const OPTIONS = {
  name: 'http_server_unavailable_answers_total',
  help: 'Answers with status 503, by the part that was away or overloaded',
  labelNames: ['cause' as const],
};

/** Begins each time series with zero, so that Prometheus sees the first answer as an increase. */
export function beginUnavailableAnswers(metrics: Metrics): void {
  for (const cause of UNAVAILABLE_PARTS) countUnavailableAnswer(metrics, cause, 0);
}

export function countUnavailableAnswer(metrics: Metrics, cause: UnavailablePart, count = 1): void {
  metrics.counter(OPTIONS).inc({ cause }, count);
}
