import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { t } from 'tap';
import { ROOT } from '../src/workspace.mjs';

const TIMEOUT_MS = 60_000;

t.test('npm install by habit fails with the command to run instead, and writes nothing', async (t) => {
  const folder = t.testdir();
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  const { status, stderr } = spawnSync('npm', ['install', '--offline'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  t.equal(status, 1);
  t.match(stderr, 'Run npm start: it installs everything with pnpm.');
  for (const name of ['node_modules', 'package-lock.json']) t.notOk(existsSync(join(folder, name)), name);
});
