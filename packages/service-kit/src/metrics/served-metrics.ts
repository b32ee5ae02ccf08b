import { Counter, collectDefaultMetrics, Gauge, type Metric, Registry } from 'prom-client';
import { BucketHistogram } from './buckets.ts';
import type { Gauge as GaugeOf, Histogram, HistogramOptions, MetricOptions, Metrics } from './metrics.ts';

/** Metrics in a registry of prom-client. A separate module, because a process without METRICS_PORT does not load the package. */
export class ServedMetrics implements Metrics {
  readonly isServed = true;
  readonly #registry = new Registry();
  readonly #made = new Map<string, unknown>();

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  counter<Label extends string>(options: MetricOptions<Label>): Counter<Label> {
    return this.#once(options.name, () => new Counter({ ...options, registers: [this.#registry] }));
  }

  histogram<Label extends string>(options: HistogramOptions<Label>): Histogram<Label> {
    return this.#once(options.name, () => {
      const histogram = new BucketHistogram(options);
      // the registry calls `get` alone
      this.#registry.registerMetric(histogram as unknown as Metric);
      return histogram;
    });
  }

  gauge<Label extends string>(options: MetricOptions<Label>, collect: (gauge: GaugeOf<Label>) => void): void {
    const collectors = this.#once(options.name, () => {
      const all: (typeof collect)[] = [];
      new Gauge({
        ...options,
        registers: [this.#registry],
        collect() {
          for (const each of all) each(this);
        },
      });
      return all;
    });
    collectors.push(collect);
  }

  /** All metrics in the text format of Prometheus. */
  exposition(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #once<T>(name: string, make: () => T): T {
    const made = (this.#made.get(name) as T | undefined) ?? make();
    this.#made.set(name, made);
    return made;
  }
}
