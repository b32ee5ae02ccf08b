import { spawn } from 'node:child_process';
import { ROOT } from './workspace.mjs';

/** For each file. */
const TIMEOUT_SECONDS = 300;
const LONG_TIMEOUT_SECONDS = 1_800;

/**
 * @typedef {{ name: string, path: string }} File a compiled test
 *
 * @typedef {object} Run
 * @property {boolean} long whether the counts are large
 * @property {(resource: string) => Promise<string>} provide returns a resource of the whole run
 */

/**
 * Runs test files, each in a Node process of its own. Prints a line for each, its measured figures and its failures.
 * @param {File[][][]} jobs that go on at once. Each runs the files of its queues, one file at a time. Jobs may share a queue.
 * @param {Run} run
 * @returns {Promise<{ passed: number, failed: number }>} assertions
 */
export async function runTests(jobs, run) {
  const sum = { passed: 0, failed: 0 };
  const work = async (/** @type {File[][]} */ queues) => {
    for (const waiting of queues) {
      for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
        const { passed, failed } = await runTest(file, run);
        sum.passed += passed;
        sum.failed += failed;
      }
    }
  };
  await Promise.all(jobs.map(work));
  return sum;
}

/**
 * @param {File} file
 * @param {Run} run
 */
async function runTest({ name, path }, { long, provide }) {
  const started = Date.now();
  const timeout = long ? LONG_TIMEOUT_SECONDS : TIMEOUT_SECONDS;
  const test = spawn(process.execPath, ['--enable-source-maps', path], {
    cwd: ROOT,
    env: { ...process.env, TAP_TIMEOUT: String(timeout), TEST_RUNNER: '1', TEST_LONG: long ? '1' : '' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // tap ends a file that takes too long and reports where it hangs, but cannot while the file blocks the event loop
    timeout: 2 * timeout * 1_000,
    killSignal: 'SIGKILL',
  });
  test.on('message', (/** @type {{ resource?: string }} */ { resource }) => {
    if (resource === undefined) return; // a message of tap
    /** @param {object} reply */
    const reply = (reply) => test.send({ resource, ...reply }, () => undefined); // the file may have ended
    provide(resource).then(
      (answer) => reply({ answer }),
      (error) => reply({ error: error.message }),
    );
  });
  const [tap, errors] = [collect(test.stdout), collect(test.stderr)];
  const status = await new Promise((resolve) => {
    test.once('close', (code, signal) => resolve(code ?? signal));
  });
  const lines = tap().split('\n');
  const result = countResults(lines);
  const isRight = status === 0 && result?.failed === 0;
  const seconds = ((Date.now() - started) / 1_000).toFixed(1);
  console.log(`${isRight ? 'ok' : 'not ok'} - ${name} # ${seconds} s`);
  if (result === undefined) console.log(`  the file ended with ${status}, without a result`);
  for (const line of worthPrinting(lines)) console.log(line);
  process.stderr.write(errors());
  return { passed: result?.passed ?? 0, failed: isRight ? 0 : Math.max(result?.failed ?? 0, 1) };
}

/**
 * Collects the text of a stream. Returns a function for the text so far.
 * @param {import('node:stream').Readable | null} stream
 */
function collect(stream) {
  let text = '';
  stream?.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  return () => text;
}

/** A comment of a test; tap's own comments are excluded. */
const FIGURES = /^\s+# (?!Subtest|time=|\{ total)/;

/**
 * Failures with the YAML that explains them, skipped tests, and the figures.
 * @param {string[]} lines
 */
function worthPrinting(lines) {
  let explaining = false;
  return lines.filter((line) => {
    const failure = /^\s*not ok /.test(line);
    explaining = failure || (explaining && !/^\s*(ok |\.\.\.$)/.test(line));
    return explaining || FIGURES.test(line) || / # SKIP /.test(line);
  });
}

/**
 * Reads the counts from TAP's last line: `# { total: 33, pass: 32, fail: 1 }`.
 * @param {string[]} lines
 */
function countResults(lines) {
  const summary = lines.findLast((line) => line.startsWith('# { total: '));
  if (summary === undefined) return undefined;
  /** @param {string} name */
  const number = (name) => Number(summary.match(new RegExp(`${name}: (\\d+)`))?.[1] ?? 0);
  return { passed: number('pass'), failed: number('fail') };
}
