declare module 'fastify' {
  interface FastifyInstance {
    metrics: Metrics;
  }
}

export interface MetricOptions<Label extends string> {
  /** The unit at its end, as Prometheus asks: `_seconds`, `_total`. */
  name: string;
  help: string;
  labelNames?: Label[];
}

export type Labels<Label extends string> = Partial<Record<Label, string | number>>;

export interface Counter<Label extends string> {
  inc(labels: Labels<Label>, value?: number): void;
}

export interface Gauge<Label extends string> {
  set(labels: Labels<Label>, value: number): void;
}

export interface HistogramOptions<Label extends string> extends MetricOptions<Label> {
  /** The upper bounds, in ascending order. */
  buckets: number[];
}

/** Adds a value to a time series. */
export type Observe = (value: number) => void;

export interface Histogram<Label extends string> {
  /** Finds or begins the time series of these labels, always in the same order. Keep what it returns. */
  of(labels: Labels<Label>): Observe;
}

/**
 * Makes the metrics of a process. Services of one process share a metric of the same name, so it has a label `service`. Each
 * label has a closed set of values: never a path, an id, a username or an address. Otherwise a client could make any number of
 * time series.
 */
export interface Metrics {
  /** False in a process without METRICS_PORT. Then it measures no duration, and the metrics do nothing. */
  readonly isServed: boolean;
  counter<Label extends string>(options: MetricOptions<Label>): Counter<Label>;
  histogram<Label extends string>(options: HistogramOptions<Label>): Histogram<Label>;
  /**
   * A gauge whose values are read when Prometheus asks for them, which costs no request anything.
   *
   * @param collect sets the values of one service
   */
  gauge<Label extends string>(options: MetricOptions<Label>, collect: (gauge: Gauge<Label>) => void): void;
}

/** The metrics of a process without METRICS_PORT, and of tests. */
export const NO_METRICS: Metrics = {
  isServed: false,
  counter: () => ({ inc() {} }),
  histogram: () => ({ of: () => () => {} }),
  gauge() {},
};
