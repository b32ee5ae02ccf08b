import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { customersRepository } from '@pair/customers';
import { temporaryFolder } from '@pair/test-kit';
import { drizzle } from 'drizzle-orm/node-postgres';
import type { Pool } from 'pg';
import type { Sample } from './contest.ts';
import { requiredCommand } from './required-command.ts';
import type { Scenario } from './scenarios.ts';

/** As many connections as the service has. */
const CONNECTIONS = 10;
/** One script for each id; pgbench takes at most 128. */
const SCRIPTS = 100;
const command = requiredCommand('pgbench');

interface Statement {
  text: string;
  values: unknown[];
}

/** Measures the database alone, with the statement of this scenario, prepared as the service prepares it. */
export async function pgbench(
  databaseUrl: string,
  scenario: Scenario,
  ids: string[],
  seconds: number,
): Promise<Sample> {
  const folder = temporaryFolder('pgbench');
  const scripts: string[] = [];
  for (const id of ids.slice(0, SCRIPTS)) {
    const file = join(folder, `${scripts.length}.sql`);
    writeFileSync(file, `${scriptOf(await statementOf(scenario, id))}\n`);
    scripts.push('-f', file);
  }
  const options = [
    '-n',
    '-M',
    'prepared',
    '-c',
    `${CONNECTIONS}`,
    '-T',
    `${seconds}`,
    '-l',
    '--log-prefix',
    join(folder, 'log'),
  ];
  const output = execFileSync(command, [...options, ...scripts, databaseUrl], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const micros = readdirSync(folder)
    .filter((name) => name.startsWith('log'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'))
    .map((line) => Number(line.split(' ')[2]))
    .sort((a, b) => a - b);
  rmSync(folder, { recursive: true });
  return {
    perSecond: Number(/tps = ([\d.]+)/.exec(output)?.[1]),
    p99Ms: (micros[Math.floor(micros.length * 0.99)] ?? Number.NaN) / 1_000,
  };
}

/** Takes the statement from the service's own repository, so that both measurements always run the same statement. */
async function statementOf(scenario: Scenario, id: string): Promise<Statement> {
  const statements: Statement[] = [];
  const pool = {
    options: {},
    query: async ({ text }: { text: string }, values: unknown[]) => {
      statements.push({ text, values });
      return { rows: [] };
    },
  };
  // the repository may reject, because it finds no row
  await scenario
    .statement(customersRepository(drizzle({ client: pool as unknown as Pool }), console), id)
    .catch(() => {});
  const [statement] = statements;
  if (statement === undefined || statements.length > 1)
    throw new Error(`${scenario.name}: ${statements.length} statements`);
  return statement;
}

function scriptOf({ text, values }: Statement): string {
  const literals = values.map((value) =>
    value === null ? 'NULL' : Array.isArray(value) ? `'{${value}}'` : `'${value}'`,
  );
  return (
    text
      .replaceAll(/\$(\d+)/g, (_, index) => literals[index - 1] ?? '')
      // a new id for each INSERT
      .replace(/(insert into .* values \()unnest\('[^']+'::uuid\[\]\)/i, '$1gen_random_uuid()')
      // pgbench would read `:MI` as one of its variables
      .replaceAll(/'([^']*HH24:[^']*)'/g, (_, format) => `E'${format.replaceAll(':', '\\x3a')}'`)
      .concat(';')
  );
}
