import autocannon from 'autocannon';
import type { Sample } from './contest.ts';
import type { MeasuredProcess } from './measured-process.ts';

export const CONNECTIONS = 64;

/** Sends requests for so many seconds, without a pause. Throws if a request gets an error. */
export async function load(
  process: MeasuredProcess,
  options: Omit<autocannon.Options, 'url' | 'duration'> & { path?: string },
  seconds: number,
): Promise<Sample> {
  const before = await process.cpu();
  const result = await autocannon({
    connections: CONNECTIONS,
    ...options,
    url: process.url + (options.path ?? ''),
    duration: seconds,
  });
  const after = await process.cpu();
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${options.path}: ${JSON.stringify(result.statusCodeStats)}, ${result.errors} errors`);
  const total = result.requests.total;
  return {
    perSecond: total / result.duration,
    cpuMicroseconds: (after - before) / total,
    // autocannon's own mean counts whole milliseconds
    meanMs: ((options.connections ?? CONNECTIONS) * 1_000 * result.duration) / total,
    p99Ms: result.latency.p99,
  };
}
