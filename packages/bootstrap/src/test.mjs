// `npm test`: see USAGE.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { readArguments, refuseArguments } from './arguments.mjs';
import { belowFloor } from './floors.mjs';
import { runTests } from './run-tests.mjs';
import { sharedByTests } from './shared-by-tests.mjs';
import { compiledTest, transpileTests } from './transpile.mjs';
import {
  allProjects,
  build,
  installDependencies,
  ROOT,
  requireNode,
  runTool,
  say,
  workspaces,
} from './workspace.mjs';

const USAGE = `Usage: npm test                         types, lint, OpenAPI documents, all tests
       npm test -- services/auth/test  builds, and runs the tests of these files or folders
       npm run test:long [-- paths]    the same, with counts a hundred times as large`;

requireNode();
const { words: paths, flags } = readArguments(USAGE, { flags: ['long'], takesWords: true });
const long = flags.has('long');
const tests = workspaces().flatMap((folder) => testFiles(join(ROOT, folder, 'test')));
const chosen = [...new Set(paths.flatMap(testsIn))];
const started = Date.now();
let passed = 0;
let failed = 0;

installDependencies();
await (paths.length > 0 ? testSome() : testAll());
say(`took ${Math.round((Date.now() - started) / 1_000)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

async function testAll() {
  check('types', build(allProjects()));
  check('lint', runTool('biome', ['check', '.']));
  check('OpenAPI documents (redocly)', lintDocuments());
  const faults = belowFloor(readFileSync(join(ROOT, 'pnpm-lock.yaml'), 'utf8'));
  check(['floor versions of dependencies', ...faults].join('\n  '), faults.length === 0);
  await test(tests);
}

/** Lints without network access: redocly would look for a newer version, and report its use. */
function lintDocuments() {
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  return runTool('redocly', ['lint', '--config', 'packages/contract/redocly.yaml', '--format=stylish'], env);
}

/** Builds only the packages that the files need. */
async function testSome() {
  check(
    'types',
    build(chosen.some(isWholeSystem) ? workspaces() : packagesOf(chosen).flatMap(importedPackages)),
  );
  if (failed === 0) await test(chosen);
}

/** @param {string[]} files from the root */
async function test(files) {
  for (const folder of packagesOf(files)) {
    if (!(await transpileTests(folder))) return check(`tests of ${folder} compile`, false);
  }
  say(`testing ${files.length} ${files.length === 1 ? 'file' : 'files'}`);
  const shared = sharedByTests();
  const queue = (/** @type {string[]} */ names) => names.map((name) => ({ name, path: compiledTest(name) }));
  const together = files.filter((file) => !runsAlone(file));
  const whole = queue(together.filter(isWholeSystem));
  const others = queue(together.filter((file) => !isWholeSystem(file)));
  const cores = availableParallelism();
  const rounds = [
    [
      // each of these starts everything, and some start a browser: more at once would overload a small machine
      ...Array.from({ length: Math.min(2, cores) }, () => [whole, others]),
      // more than one for each core, because many tests wait for a time limit; at the end one helps with the long ones
      [others, whole],
      ...Array.from({ length: cores - 1 }, () => [others]),
    ],
    [[queue(files.filter(runsAlone))]],
  ];
  for (const jobs of rounds) {
    const result = await runTests(jobs, { long, provide: shared.provide });
    passed += result.passed;
    failed += result.failed;
  }
  await shared.stop();
}

/** @param {string} file from the root */
function isWholeSystem(file) {
  return /^packages\/(e2e|standalone)\b/.test(file);
}

/**
 * Whether a file begins with the comment that it needs the machine for itself, because it measures time or load.
 * @param {string} file from the root
 */
function runsAlone(file) {
  return readFileSync(join(ROOT, file), 'utf8').startsWith('// Runs alone: ');
}

/** @param {string[]} files from the root */
function packagesOf(files) {
  return [...new Set(files.map((file) => file.split('/').slice(0, 2).join('/')))];
}

/**
 * A package, and the packages of this repository that its manifest names.
 * @param {string} folder
 */
function importedPackages(folder) {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(ROOT, folder, 'package.json'), 'utf8'),
  );
  const names = Object.keys({ ...dependencies, ...devDependencies });
  return [folder, ...workspaces().filter((other) => names.includes(other.replace(/^.*\//, '@pair/')))];
}

/** @param {string} folder */
function testFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { encoding: 'utf8', recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => relative(ROOT, join(folder, name)))
    .sort();
}

/**
 * A path without tests ends the process: beside other paths it would look like tests that pass.
 * @param {string} path of a file or a folder
 */
function testsIn(path) {
  const place = relative(ROOT, resolve(ROOT, path));
  const found = tests.filter((file) => place === '' || file === place || file.startsWith(`${place}/`));
  return found.length > 0 ? found : refuseArguments(USAGE, `has no tests in "${path}"`);
}

/**
 * @param {string} name
 * @param {boolean} isRight
 */
function check(name, isRight) {
  if (isRight) passed += 1;
  else failed += 1;
  say(`${isRight ? 'passed' : 'FAILED'}: ${name}`);
}
