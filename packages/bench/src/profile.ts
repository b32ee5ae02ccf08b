import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@pair/test-kit';
import { startCustomers } from './customers-process.ts';
import { load } from './load.ts';
import { SCENARIOS } from './scenarios.ts';

/** Samples the CPU time of each kind of request with V8: by the owner of the code, and for the costliest functions. */
const ROWS = 100_000;
const SECONDS = 6;
const FUNCTIONS = 12;

interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}

const OWNERS: [owner: string, pattern: RegExp][] = [
  ['pg and drizzle', /node_modules\/(?:pg[-/]|pg-|drizzle-orm|postgres-)/],
  [
    'Fastify',
    /node_modules\/(?:@fastify|fastify|find-my-way|fast-|secure-json|light-my|avvio|process-warning)/,
  ],
  ['other libraries', /node_modules/],
  ['this repository', /\/(?:services|packages)\/[\w-]+\/dist\//],
  ['Node', /^node:/],
];

for (const scenario of SCENARIOS) {
  const folder = temporaryFolder('profile');
  const teardowns: (() => unknown)[] = [];
  const t = { teardown: (fn: () => unknown) => teardowns.unshift(fn) };
  try {
    const customers = await startCustomers(t, ROWS, { execArgv: ['--cpu-prof', '--cpu-prof-dir', folder] });
    const { rows } = await customers.database.query('SELECT id FROM customers LIMIT 100');
    const requests = scenario.requests(rows.map(({ id }) => id as string));
    const headers = { authorization: customers.authorization };
    await load(
      customers,
      { requests: requests.map((one) => ({ ...one, headers: { ...headers, ...one.headers } })) },
      SECONDS,
    );
    await customers.stop();
    const [file] = readdirSync(folder);
    report(scenario.name, JSON.parse(readFileSync(join(folder, file ?? ''), 'utf8')));
  } finally {
    for (const teardown of teardowns) await teardown();
    rmSync(folder, { recursive: true });
  }
}

function report(name: string, { nodes, samples, timeDeltas }: CpuProfile): void {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const owners = new Map<string, number>();
  const functions = new Map<string, number>();
  let total = 0;
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id);
    const micros = timeDeltas[index] ?? 0;
    if (frame === undefined || frame.functionName === '(idle)') continue;
    total += micros;
    const owner = ownerOf(frame);
    owners.set(owner, (owners.get(owner) ?? 0) + micros);
    const label = `${frame.functionName || '(anonymous)'} ${frame.url.replace(/.*node_modules\//, '').replace(/.*\/(?=(?:services|packages)\/)/, '')}:${frame.lineNumber + 1}`;
    functions.set(label, (functions.get(label) ?? 0) + micros);
  }
  console.log(`\n${name}`);
  for (const [label, micros] of largest(owners)) console.log(`  ${share(micros, total)} ${label}`);
  console.log('  costliest functions');
  for (const [label, micros] of largest(functions).slice(0, FUNCTIONS))
    console.log(`    ${share(micros, total)} ${label}`);
}

function ownerOf({ url, functionName }: { url: string; functionName: string }): string {
  if (functionName === '(garbage collector)') return 'garbage collector';
  if (functionName.startsWith('(')) return 'V8 and the system';
  return (
    OWNERS.find(([, pattern]) => pattern.test(url))?.[0] ?? 'compiled: validators, serializers, built-ins'
  );
}

function largest(times: Map<string, number>): [string, number][] {
  return [...times].sort(([, a], [, b]) => b - a);
}

function share(micros: number, total: number): string {
  return `${((100 * micros) / total).toFixed(1)} %`.padStart(7);
}
