import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { t } from 'tap';
import { ROOT } from '../src/workspace.mjs';

const SCOPE = 'needs --scope @ and then up to 31 lower-case letters, digits and hyphens';
const NAME = 'needs --name of up to 31 lower-case letters, digits and hyphens, a letter first';

for (const [args, fault] of [
  [[], SCOPE],
  [['--scope'], SCOPE],
  [['--scope', 'acme', '--name', 'crm'], SCOPE],
  [['--scope', '@acme'], NAME],
  [['--scope', '@acme', '--name', 'My CRM'], NAME],
  [['--scop', '@acme'], 'has no option --scop'],
  [['--scope', '@acme', 'crm'], 'has no argument "crm"'],
] as const) {
  t.test(`npm run rename refuses the arguments ${JSON.stringify(args)}`, async (t) => {
    const command = [join(ROOT, 'packages/bootstrap/src/rename.mjs'), ...args];
    t.match(spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 20_000 }), {
      status: 2,
      stderr: `npm run rename ${fault}: "npm run rename -- --help" shows its usage.\n`,
    });
  });
}
