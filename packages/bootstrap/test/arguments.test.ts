import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { t } from 'tap';
import { ROOT } from '../src/workspace.mjs';

const TIMEOUT_MS = 10_000;

function run(program: string, ...args: string[]) {
  return spawnSync(process.execPath, [join(ROOT, 'packages/bootstrap/src', program), ...args], {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
}

for (const [program, command] of [
  ['start.mjs', 'npm start'],
  ['test.mjs', 'npm test'],
  ['check.mjs', 'npm run check'],
  ['bench.mjs', 'npm run bench'],
  ['generate.mjs', 'npm run generate'],
  ['migration.mjs', 'npm run migration'],
  ['rename.mjs', 'npm run rename'],
] as const) {
  t.test(`${command} shows its usage, and refuses an option that it does not have`, async (t) => {
    for (const option of ['--help', '-h']) {
      const { status, stdout, stderr } = run(program, option);
      t.equal(status, 0);
      t.match(stdout, new RegExp(`^Usage: ${command} `));
      t.ok(stdout.split('\n').length < 6);
      t.equal(stderr, '');
    }
    for (const option of ['--wathc', '--help-me=1']) {
      t.match(run(program, option), {
        status: 2,
        stdout: '',
        stderr: `${command} has no option ${option.split('=')[0]}: "${command} -- --help" shows its usage.\n`,
      });
    }
  });
}

t.test('a command without arguments refuses an argument', async (t) => {
  t.match(run('start.mjs', 'now'), {
    status: 2,
    stderr: 'npm start has no argument "now": "npm start -- --help" shows its usage.\n',
  });
});

t.test('npm test refuses a path without tests, also beside one with tests', async (t) => {
  const test = 'packages/bootstrap/test/arguments.test.ts';
  for (const path of ['nope.test.ts', 'README.md', 'services/auth/src/app.ts', '..', '/tmp']) {
    t.match(run('test.mjs', test, path), {
      status: 2,
      stdout: '',
      stderr: `npm test has no tests in "${path}": "npm test -- --help" shows its usage.\n`,
    });
  }
});
