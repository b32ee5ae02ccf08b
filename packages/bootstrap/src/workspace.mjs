// Plain JavaScript, without dependencies: it runs before anything is installed or built.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The root folder of the repository. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Prints a line about the progress.
 * @param {string} line
 */
export function say(line) {
  process.stdout.write(`> ${line}\n`);
}

/** From an empty clone to two services. */
const STEPS = 5;

/**
 * Prints the step of a start that begins now.
 * @param {number} number
 * @param {string} line
 */
export function step(number, line) {
  say(`${number}/${STEPS} ${line}`);
}

/**
 * Ends the process with one sentence.
 * @param {string} sentence
 * @param {number} [status]
 * @returns {never}
 */
export function refuse(sentence, status = 1) {
  process.stderr.write(`${sentence}\n`);
  process.exit(status);
}

const manifest = () => JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** Ends the process with one sentence unless this Node is new enough. */
export function requireNode() {
  const wanted = manifest().engines.node.replace(/[^\d.]/g, '');
  if (isAtLeast(process.versions.node, wanted)) return;
  refuse(
    `Node ${process.versions.node} is too old: install Node ${wanted} or newer, see https://nodejs.org.`,
  );
}

/**
 * Compares versions number by number, without a suffix after a hyphen.
 * @param {string} version
 * @param {string} floor
 */
export function isAtLeast(version, floor) {
  const have = numbersOf(version);
  const need = numbersOf(floor);
  const index = need.findIndex((number, position) => number !== (have[position] ?? 0));
  return index === -1 || (have[index] ?? 0) > (need[index] ?? 0);
}

/** @param {string} version */
const numbersOf = (version) => version.replace(/-.*/, '').split('.').map(Number);

/**
 * Installs the dependencies of the lock file, unless they are installed, with the pnpm that package.json names. Every
 * Node has npm, so npx can bring pnpm.
 */
export function installDependencies() {
  if (isInstalled()) return;
  const { packageManager } = manifest();
  say(`installing dependencies with ${packageManager}`);
  // npx has just brought the pinned pnpm: it need not fetch itself again, nor record itself in the lock file
  const args = ['--yes', packageManager, 'install', '--frozen-lockfile', '--pm-on-fail=ignore'];
  const result = spawnSync('npx', [...args, '--config.confirmModulesPurge=false'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (result.status === 0) return;
  refuse('The dependencies could not be installed: see the lines above.');
}

/** pnpm keeps a copy of the lock file that it installed last. */
function isInstalled() {
  const installed = join(ROOT, 'node_modules', '.pnpm', 'lock.yaml');
  if (!existsSync(installed)) return false;
  return readFileSync(installed, 'utf8') === readFileSync(join(ROOT, 'pnpm-lock.yaml'), 'utf8');
}

/**
 * Loads a module of a package that has just been built. It uses the path, because that package depends on this one,
 * and not the other way round.
 * @param {string} path from the root
 */
export function load(path) {
  return import(pathToFileURL(join(ROOT, path)).href);
}

/** The folders of all services and packages, from the root. */
export function workspaces() {
  return ['packages', 'services'].flatMap((kind) =>
    readdirSync(join(ROOT, kind))
      .map((name) => `${kind}/${name}`)
      .filter((folder) => existsSync(join(ROOT, folder, 'package.json'))),
  );
}

/** The folders of all TypeScript projects, those of tests too, from the root. */
export function allProjects() {
  return workspaces().flatMap((folder) => [folder, `${folder}/test`]);
}

/**
 * Compiles TypeScript projects and what they refer to; what is up to date is left alone.
 * @param {string[]} folders from the root; one without a tsconfig.json does not count
 * @returns {boolean} whether the types are right
 */
export function build(folders) {
  const projects = folders.filter((folder) => existsSync(join(ROOT, folder, 'tsconfig.json')));
  // projects are built side by side already: more checkers in each, four by default, read the same types again
  return runTool('tsc', ['-b', '--checkers', '1', ...projects]);
}

/**
 * Whether a package was built before, with its present sources or older ones.
 * @param {string} folder from the root
 */
export function isBuilt(folder) {
  return existsSync(join(ROOT, folder, 'dist'));
}

/**
 * Runs a command of the root's dependencies, and shows its output.
 * @param {string} name
 * @param {string[]} args
 * @returns {boolean} whether it succeeded
 */
export function runTool(name, args, env = process.env) {
  const command = join(ROOT, 'node_modules', '.bin', name);
  return spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', env }).status === 0;
}
