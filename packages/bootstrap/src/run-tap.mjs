import { spawn } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT, runTool } from './workspace.mjs';

/** For a file. */
const TIMEOUT_SECONDS = 120;
const LONG_TIMEOUT_SECONDS = 1_800;

/**
 * Runs test files with tap. A terminal gets tap's own live view; a log gets a line for each file, the figures that were
 * measured, and whatever failed.
 * @param {string[]} files from the root
 * @param {number} jobs how many at once
 * @param {string} record a file for the raw TAP
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{passed: number, failed: number}>} assertions
 */
export async function runTap(files, jobs, record, env) {
  if (!tapIsBuilt()) runTool('tap', ['build']);
  const live = process.stdout.isTTY;
  const output = live ? ['--reporter=base', `--output-file=${record}`] : ['--reporter=tap'];
  const timeout = env.TEST_LONG === '1' ? LONG_TIMEOUT_SECONDS : TIMEOUT_SECONDS;
  const tap = spawn(
    join(ROOT, 'node_modules', '.bin', 'tap'),
    ['run', ...output, `--jobs=${jobs}`, `--timeout=${timeout}`, ...files],
    { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', live ? 'inherit' : 'pipe', 'inherit'] },
  );
  const exited = new Promise((resolve) => tap.once('close', resolve));
  const lines = tap.stdout === null ? [] : await printResults(tap.stdout);
  const exitCode = await exited;
  const { passed, failed } = countResults(live ? readFileSync(record, 'utf8').split('\n') : lines);
  // tap counts on its own; what a test prints can make its lines unreadable
  return { passed, failed: exitCode === 0 ? failed : Math.max(failed, 1) };
}

/** A comment of a test, and not one of tap's own. */
const FIGURES = /^\s+# (?!Subtest|time=|\{ total)/;

/**
 * Prints the lines of files, which stand at the margin, and failures with the YAML that explains them.
 * @param {NodeJS.ReadableStream} stdout
 */
async function printResults(stdout) {
  const lines = [];
  let explaining = false;
  for await (const line of createInterface({ input: stdout })) {
    lines.push(line);
    const failure = /^\s*not ok /.test(line);
    explaining = failure || (explaining && !/^\s*(ok |\.\.\.$)/.test(line));
    if (explaining || line.startsWith('ok ') || FIGURES.test(line)) console.log(line);
  }
  return lines;
}

/**
 * Of TAP's last line: `# { total: 33, pass: 32, fail: 1 }`. Without one, tap itself has failed.
 * @param {string[]} lines
 */
function countResults(lines) {
  const summary = lines.findLast((line) => line.startsWith('# { total: '));
  if (summary === undefined) return { passed: 0, failed: 1 };
  /** @param {string} name */
  const number = (name) => Number(summary.match(new RegExp(`${name}: (\\d+)`))?.[1] ?? 0);
  return { passed: number('pass'), failed: number('fail') };
}

/** An installation brings tap with its TypeScript plugin, which .taprc leaves out: it has to be built anew then. */
function tapIsBuilt() {
  const tap = realpathSync(join(ROOT, 'node_modules', 'tap', 'package.json'));
  const test = readFileSync(createRequire(tap).resolve('@tapjs/test/built'), 'utf8');
  return !test.includes('@tapjs/typescript');
}
