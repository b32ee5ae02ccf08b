import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { t } from 'tap';
import { ROOT } from '../src/workspace.mjs';

/** Compares a schema with a copy of the migrations of a service. Returns the new files. */
function migrationsFor(service: string, schema: string): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'migrations-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  cpSync(join(ROOT, 'services', service, 'migrations'), folder, { recursive: true });
  const before = readdirSync(folder);
  const schemaFile = join(ROOT, 'services', service, 'node_modules', `schema-${process.pid}.ts`);
  writeFileSync(schemaFile, schema);
  t.teardown(() => rmSync(schemaFile, { force: true }));
  const args = ['--dialect', 'postgresql', '--schema', schemaFile, '--out', relative(ROOT, folder)];
  const run = spawnSync(
    join(ROOT, 'node_modules/.bin/drizzle-kit'),
    ['generate', ...args, '--name', 'next'],
    {
      cwd: ROOT,
      encoding: 'utf8',
      timeout: 60_000,
    },
  );
  rmSync(schemaFile);
  if (run.status !== 0) throw new Error(run.stdout + run.stderr);
  const added = readdirSync(folder).filter((file) => !before.includes(file));
  return Object.fromEntries(added.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
}

const schemaOf = (service: string) =>
  readFileSync(join(ROOT, 'services', service, 'src/db/schema.ts'), 'utf8');

for (const service of ['auth', 'customers']) {
  t.test(`every change of the schema of ${service} has a migration`, async (t) => {
    t.strictSame(migrationsFor(service, schemaOf(service)), {});
  });
}

t.test('a new column gets a migration of its own', async (t) => {
  const schema = schemaOf('customers').replace('name: text().notNull(),', '$& email: text(),');
  t.strictSame(migrationsFor('customers', schema), {
    '0004_next.sql': 'ALTER TABLE "customers" ADD COLUMN "email" text;',
  });
});

for (const args of [[], ['add', 'email'], ['../email'], ['e'.repeat(65)]]) {
  t.test(`npm run migration refuses the arguments ${JSON.stringify(args)}`, async (t) => {
    const command = [join(ROOT, 'packages/bootstrap/src/migration.mjs'), ...args];
    t.match(spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 20_000 }), {
      status: 2,
      stderr:
        'npm run migration needs one name, in quotation marks, of up to 64 letters, digits and single spaces: "npm run migration -- --help" shows its usage.\n',
    });
  });
}
