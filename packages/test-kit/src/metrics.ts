import type { FastifyInstance } from 'fastify';

/** Reads the metrics of a process that has a METRICS_PORT: the value of a time series, such as `up{job="a"}`. */
export async function metricsOf(app: FastifyInstance): Promise<(series: string) => number | undefined> {
  const { metrics } = app as unknown as { metrics: { exposition(): Promise<string> } };
  const text = await metrics.exposition();
  return (series) => metricIn(text, series);
}

/** The value of a time series in the text format of Prometheus. */
export function metricIn(text: string, series: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
}
