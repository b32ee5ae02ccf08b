import type { HistogramOptions, Labels, Observe } from './metrics.ts';

interface Series {
  labels: Labels<string>;
  /** The number of values up to each bound and above the last, not cumulative. */
  counts: number[];
  sum: number;
}

/**
 * A histogram for the registry of prom-client, which calls `get`. prom-client's own takes 450 ns for each value, because it
 * finds the time series by its labels each time: three values would be 3 % of a request. A time series of this one is found
 * once, and then takes 20 ns.
 */
export class BucketHistogram {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, Series>();

  constructor({ name, help, buckets }: HistogramOptions<string>) {
    this.name = name;
    this.help = help;
    this.#bounds = buckets;
  }

  /** Finds or begins the time series of these labels. */
  of(labels: Labels<string>): Observe {
    const bounds = this.#bounds;
    const key = JSON.stringify(labels);
    const series = this.#series.get(key) ?? { labels, counts: bounds.map(() => 0).concat(0), sum: 0 };
    this.#series.set(key, series);
    return (value) => {
      let index = 0;
      while (index < bounds.length && value > (bounds[index] as number)) index += 1;
      (series.counts[index] as number) += 1;
      series.sum += value;
    };
  }

  async get() {
    return {
      name: this.name,
      help: this.help,
      type: this.type,
      aggregator: 'sum',
      values: [...this.#series.values()].flatMap((series) => this.#valuesOf(series)),
    };
  }

  /** The values of a time series, as the text format has them: the buckets are cumulative. */
  #valuesOf({ labels, counts, sum }: Series) {
    let count = 0;
    const buckets = counts.map((own, index) => {
      count += own;
      const le = this.#bounds[index] ?? '+Inf';
      return { metricName: `${this.name}_bucket`, labels: { ...labels, le }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: count },
    ];
  }
}
