import type { Metrics } from '@pair/service-kit';
import type { RevocationFeed } from './revocation-feed.ts';

const DELAY_BOUNDS_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export interface FeedState extends Pick<RevocationFeed, 'isFresh'> {
  /** The number of live revocations. */
  size(): number;
  /** The time since Redis last answered a read, or since the start, in seconds. */
  ageSeconds(): number;
}

export function feedMetrics(metrics: Metrics, service: string, feed: FeedState): void {
  const labelNames = ['service' as const];
  metrics.gauge(
    { name: 'revocation_feed_entries', help: 'Revocations that are in force', labelNames },
    (gauge) => gauge.set({ service }, feed.size()),
  );
  metrics.gauge(
    {
      name: 'revocation_feed_age_seconds',
      help: 'Time since Redis last answered a read of the revocation feed',
      labelNames,
    },
    (gauge) => gauge.set({ service }, feed.ageSeconds()),
  );
  metrics.gauge(
    {
      name: 'revocation_feed_fresh',
      help: '1 if the feed is fresh enough to accept tokens, otherwise 0',
      labelNames,
    },
    (gauge) => gauge.set({ service }, feed.isFresh() ? 1 : 0),
  );
}

/** Returns a function that notes the time from a revocation until this process knew it, in seconds. */
export function feedDelay(metrics: Metrics, service: string): (seconds: number) => void {
  const histogram = metrics.histogram({
    name: 'revocation_feed_delay_seconds',
    help: 'Time from a revocation until this process knew it, by the clocks of both machines',
    labelNames: ['service'],
    buckets: DELAY_BOUNDS_SECONDS,
  });
  return histogram.of({ service });
}
