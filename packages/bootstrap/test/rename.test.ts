import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { t } from 'tap';
import { ROOT } from '../src/workspace.mjs';

for (const [args, answer] of [
  [[], 'The renaming needs a scope and a name.'],
  [['--scope', '@acme'], 'The renaming needs a scope and a name.'],
  [
    ['--scope', 'acme', '--name', 'crm'],
    '"acme" is no scope: write @ and then up to 31 lower-case letters, digits and hyphens.',
  ],
  [
    ['--scope', '@acme', '--name', 'My CRM'],
    '"My CRM" is no name: use up to 31 lower-case letters, digits and hyphens, a letter first.',
  ],
  [['--scop', '@acme'], 'The renaming knows --scope and --name only.'],
] as const) {
  t.test(`npm run rename refuses the arguments ${JSON.stringify(args)}`, async (t) => {
    const command = [join(ROOT, 'packages/bootstrap/src/rename.mjs'), ...args];
    const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 20_000 });
    t.equal(status, 1);
    t.equal(stderr.split('\n')[0], answer);
  });
}
