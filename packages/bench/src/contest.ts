import { median } from './median.ts';

export interface Sample {
  perSecond: number;
  /** CPU time of the serving process for each request. */
  cpuMicroseconds?: number;
  meanMs?: number;
  p99Ms: number;
}

export interface Contestant {
  name: string;
  run: (seconds: number) => Promise<Sample>;
}

const ROUNDS = 3;
const ROUND_SECONDS = 3;

/** Prints the head of the table that {@link contest} fills. */
export function printHead(title: string): void {
  console.log(`\n${title}: median of ${ROUNDS} rounds of ${ROUND_SECONDS} s\n`);
  console.log(
    '| | | requests/s | of this ceiling | CPU per request | mean | p99 |\n|---|---|---|---|---|---|---|',
  );
}

/**
 * Measures ours and its ceilings in turns, so that a noisy machine is noisy for all, and prints a row for each. The ratio to a
 * ceiling is the median of the ratios within a round. The load generator and the stores share the machine, so they limit the
 * requests/s; the CPU time is the steadier witness.
 */
export async function contest(scenario: string, ours: Contestant, ceilings: Contestant[]): Promise<void> {
  const contestants = [ours, ...ceilings];
  const samples = contestants.map((): Sample[] => []);
  for (const { run } of contestants) await run(1);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { run }] of contestants.entries()) samples[index]?.push(await run(ROUND_SECONDS));
  }
  for (const [index, { name }] of contestants.entries()) {
    const own = samples[index] ?? [];
    const ratios = own.map(
      ({ perSecond }, round) => (samples[0]?.[round]?.perSecond ?? Number.NaN) / perSecond,
    );
    const cells = [
      scenario,
      name,
      middle(own, (s) => s.perSecond, '', 0),
      index === 0 ? '' : median(ratios).toFixed(2),
      middle(own, (s) => s.cpuMicroseconds, ' µs', 0),
      middle(own, (s) => s.meanMs, ' ms', 2),
      middle(own, (s) => s.p99Ms, ' ms', 1),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

function middle(
  samples: Sample[],
  pick: (s: Sample) => number | undefined,
  unit: string,
  digits: number,
): string {
  const values = samples.map(pick).filter((value) => value !== undefined);
  return values.length === 0 ? '' : `${median(values).toFixed(digits)}${unit}`;
}
