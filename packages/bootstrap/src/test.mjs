// `npm test` checks everything; `npm test -- services/auth/test` builds, and runs the tests in these files or folders;
// `npm run test:long` does either with counts a hundred times as large.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { belowFloor } from './floors.mjs';
import { ensureCommand, manualInstall } from './prerequisites.mjs';
import { runTap } from './run-tap.mjs';
import {
  build,
  installDependencies,
  load,
  ROOT,
  requireNode,
  runTool,
  say,
  workspaces,
} from './workspace.mjs';

const { positionals: paths, values } = parseArgs({
  allowPositionals: true,
  options: { long: { type: 'boolean', default: false } },
});
const started = Date.now();
let passed = 0;
let failed = 0;

requireNode();
installDependencies();
for (const name of /** @type {const} */ (['redis-server', 'nginx', 'chromium'])) {
  if (!ensureCommand(name)) check(manualInstall(name), false);
}
if (failed === 0) await (paths.length > 0 ? testSome() : testAll());
say(`took ${Math.round((Date.now() - started) / 1_000)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

async function testAll() {
  const folders = workspaces();
  check('types', build([...folders, ...folders.map((folder) => `${folder}/test`)]));
  check('lint', runTool('biome', ['check', '.']));
  check('OpenAPI documents (redocly)', lintDocuments());
  const faults = belowFloor(readFileSync(join(ROOT, 'pnpm-lock.yaml'), 'utf8'));
  check(['floor versions of dependencies', ...faults].join('\n  '), faults.length === 0);
  await runTests(folders.flatMap((folder) => testFiles(join(ROOT, folder, 'test'))));
}

/** Without asking the network for a newer version, or telling anybody. */
function lintDocuments() {
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  return runTool('redocly', ['lint', '--config', 'packages/contract/redocly.yaml', '--format=stylish'], env);
}

async function testSome() {
  check('types', build(workspaces()));
  await runTests(paths.flatMap((path) => testFiles(resolve(ROOT, path))));
}

/**
 * On one PostgreSQL, because starting one takes longer than most tests; each test has a database of its own in it.
 * @param {string[]} files from the root
 */
async function runTests(files) {
  if (files.length === 0) return check(`tests in ${paths.join(', ')}`, false);
  say(`testing ${files.length} ${files.length === 1 ? 'file' : 'files'}`);
  const { startSharedPostgres } = await load('packages/test-kit/dist/test-database.js');
  const postgres = await startSharedPostgres();
  const folder = mkdtempSync(join(tmpdir(), 'pair-tap-'));
  const env = { TEST_POSTGRES_URL: postgres.url, TEST_LONG: values.long ? '1' : '' };
  // each starts everything, and some a browser: two at once would test what happens on a machine that is too small
  /** @param {string} file */
  const isWholeSystem = (file) => /^packages.(e2e|standalone)\b/.test(file);
  const groups = [
    { some: files.filter((file) => !isWholeSystem(file)), jobs: availableParallelism() },
    { some: files.filter(isWholeSystem), jobs: 1 },
  ];
  for (const { some, jobs } of groups) {
    if (some.length === 0) continue;
    const result = await runTap(some, jobs, join(folder, 'results.tap'), env);
    passed += result.passed;
    failed += result.failed;
  }
  rmSync(folder, { recursive: true });
  await postgres.stop();
}

/** @param {string} path of a file or a folder */
function testFiles(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [relative(ROOT, path)];
  return readdirSync(path, { encoding: 'utf8', recursive: true })
    .filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
    .map((name) => relative(ROOT, join(path, name)))
    .sort();
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
