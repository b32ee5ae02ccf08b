import { execFileSync } from 'node:child_process';
import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { temporaryFolder } from '@pair/test-kit';
import { uuidv7 } from 'uuidv7';
import { type Customers, startCustomers } from './customers-process.ts';
import { median } from './median.ts';
import { requiredCommand } from './required-command.ts';

/**
 * Compares `POST /customers/import` of a million lines with `\copy` by psql of the same customers into the same table.
 * The two take turns, and each begins with an empty table. RSS is the memory of the serving process.
 */
const LINES = 1_000_000;
const ROUNDS = 3;
const psql = requiredCommand('psql');

const teardowns: (() => unknown)[] = [];
const t = { teardown: (fn: () => unknown) => teardowns.unshift(fn) };

try {
  const folder = temporaryFolder('import');
  const people = Array.from(
    { length: LINES },
    (_, i) => `Customer Number ${i},19${10 + (i % 90)}-05-2${i % 9}\n`,
  );
  const file = join(folder, 'customers.csv');
  const fileWithIds = join(folder, 'with-ids.csv');
  writeFileSync(file, `name,dob\n${people.join('')}`);
  writeFileSync(fileWithIds, `id,name,dob\n${people.map((line) => `${uuidv7()},${line}`).join('')}`);

  const customers = await startCustomers(t, 0);
  const idle = customers.residentMegabytes();
  await importFile(customers, file); // warm up, so that all rounds are alike
  const results: Record<string, number[]> = {
    'POST /customers/import': [],
    'with ids': [],
    'psql \\copy': [],
  };
  const highest: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const imported = await importFile(customers, file);
    results['POST /customers/import']?.push(imported.seconds);
    highest.push(imported.highestMegabytes);
    results['with ids']?.push((await importFile(customers, fileWithIds)).seconds);
    results['psql \\copy']?.push(await copyFile(customers, fileWithIds));
  }
  const reference = median(results['psql \\copy'] ?? []);
  console.log(
    `\n${LINES} lines, median of ${ROUNDS} rounds\n\n| | seconds | lines/s | of \\copy |\n|---|---|---|---|`,
  );
  for (const [name, seconds] of Object.entries(results)) {
    const middle = median(seconds);
    console.log(
      `| ${name} | ${middle.toFixed(1)} | ${(LINES / middle).toFixed()} | ${(reference / middle).toFixed(2)} |`,
    );
  }
  console.log(
    `\nRSS: ${idle.toFixed()} MB before the first import, at most ${Math.max(...highest).toFixed()} MB during an import`,
  );
} finally {
  for (const teardown of teardowns) await teardown();
}

async function importFile(customers: Customers, file: string) {
  await customers.database.query('TRUNCATE customers');
  let highest = 0;
  const timer = setInterval(() => {
    highest = Math.max(highest, customers.residentMegabytes());
  }, 20);
  const start = performance.now();
  const response = await fetch(`${customers.url}/customers/import`, {
    method: 'POST',
    headers: { authorization: customers.authorization, 'content-type': 'text/csv' },
    body: Readable.toWeb(createReadStream(file)),
    duplex: 'half',
  });
  const { created } = (await response.json()) as { created: number };
  clearInterval(timer);
  if (created !== LINES) throw new Error(`${response.status}: ${created} of ${LINES}`);
  return { seconds: (performance.now() - start) / 1_000, highestMegabytes: highest };
}

async function copyFile(customers: Customers, file: string): Promise<number> {
  await customers.database.query('TRUNCATE customers');
  const start = performance.now();
  execFileSync(psql, [
    customers.databaseUrl,
    '-qc',
    `\\copy customers (id, name, dob) FROM '${file}' CSV HEADER`,
  ]);
  return (performance.now() - start) / 1_000;
}
