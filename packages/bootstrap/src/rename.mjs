// `npm run rename -- --scope @acme --name crm` gives the packages your scope, and the project and its containers your name.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArguments, refuseArguments } from './arguments.mjs';
import { installDependencies, ROOT, refuse, requireNode, runTool, say } from './workspace.mjs';

const USAGE = `Usage: npm run rename -- --scope @acme --name crm
--scope  the scope of the packages, as npm writes it
--name   the name of the project, of its compose project and in its README`;

requireNode();
const { scope = '', name = '' } = readArguments(USAGE, { options: ['scope', 'name'] }).options;
if (!/^@[a-z][a-z0-9-]{0,30}$/.test(scope)) {
  refuseArguments(USAGE, 'needs --scope @ and then up to 31 lower-case letters, digits and hyphens');
}
if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) {
  refuseArguments(USAGE, 'needs --name of up to 31 lower-case letters, digits and hyphens, a letter first');
}
const old = {
  name: JSON.parse(read('package.json')).name,
  scope: JSON.parse(read('services/auth/package.json')).name.split('/')[0],
};
if (git('status', '--porcelain') !== '') {
  refuse(
    'Some files have changes that are not committed: commit them first, so that git can undo the renaming.',
  );
}

/** Images and temporary folders begin with the scope: `pair-auth` is the image of `@pair/auth`. */
const prefix = new RegExp(`(?<!\\w|\\w-)${old.scope.slice(1)}-(?=[a-z$])`, 'g');
let changed = 0;
for (const file of git('ls-files', '-z').split('\0').filter(Boolean)) {
  if (file === 'LICENSE') continue; // the license requires that its notice stays
  const text = read(file);
  if (text.includes('\0')) continue; // an image
  const renamed = text
    .replaceAll(`${old.scope}/`, `${scope}/`)
    .replace(prefix, `${scope.slice(1)}-`)
    .replaceAll(old.name, name);
  if (renamed === text) continue;
  writeFileSync(join(ROOT, file), renamed);
  changed++;
}
say(`renamed ${old.scope} to ${scope} and ${old.name} to ${name} in ${changed} files`);
installDependencies();
// imports are in alphabetical order, also those of the new scope
if (!runTool('biome', ['check', '--write', '--log-level=error', '.'])) {
  refuse('The new names break rules of the code: see the lines above.');
}
say('next: npm test, and commit');

/** @param {string[]} args */
function git(...args) {
  const { status, stdout } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0)
    refuse('This folder is no git repository: run "git init", "git add ." and "git commit" first.');
  return stdout;
}

/** @param {string} file */
function read(file) {
  return readFileSync(join(ROOT, file), 'utf8');
}
