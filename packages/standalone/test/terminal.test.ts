import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { findCommand, ROOT } from '@pair/bootstrap';
import { freePort, waitFor } from '@pair/test-kit';
import { type Test, t } from 'tap';
import { dataFolder, signIn, start } from './support/start.ts';

const PASSWORD = 'correct horse battery';
const REQUEST_LINE = / \d{3} \d+ ms \(/;
const START_TIMEOUT_MS = 60_000;

// each test starts everything
t.setTimeout(120_000);

/** Both tests have it in turn, because a start with an empty folder takes longer. */
const DATA_DIR = dataFolder(t);

const script = process.platform === 'linux' ? findCommand('script') : undefined;
const skip = script === undefined && 'it needs the program script of util-linux';

t.test(
  'a terminal shows the steps of the start, each request, and the end after Ctrl-C',
  { skip },
  async (t) => {
    const { url, output, press, exited } = await startInTerminal(t);
    await waitFor(() => output().includes('Both services listen'), START_TIMEOUT_MS);
    const [beforehand = ''] = output().split('Both services listen');
    t.match(beforehand.match(/(?<=^> )\d\/5 .*$/gm), [
      /^1\/5 installing/,
      /^2\/5 building/,
      /^3\/5 starting PostgreSQL and Redis/,
      /^4\/5 migrating the databases/,
      /^5\/5 starting both services/,
    ]);
    t.ok((await fetch(`${url}/readyz`)).ok, 'they are ready when they are said to listen');

    await fetch(`${url}/customers?n=1&token=hunter2`);
    await fetch(`${url}/nothing`);
    t.equal((await signIn(url, PASSWORD)).status, 200);
    for (const line of [
      'GET /customers 401 \\d+ ms \\(customers\\)',
      'GET /nothing 404 \\d+ ms \\(no service\\)',
      'POST /auth/login 200 \\d+ ms \\(auth\\)',
    ]) {
      await waitFor(() => new RegExp(line).test(output()));
    }
    press('\u0003');
    t.equal(await exited, 0);
    t.match(output(), /> Stopped\.\s+$/);
    t.notMatch(output(), /hunter2|access_token/);
    t.notMatch(output(), PASSWORD);
  },
);

t.test('elsewhere no request has a line, and a changed ADMIN_PASSWORD is reported', async (t) => {
  if (skip) await (await start(t, { DATA_DIR, ADMIN_PASSWORD: PASSWORD })).stop();
  const { url, output, stop } = await start(t, { DATA_DIR, ADMIN_PASSWORD: 'another password' });
  t.match(
    output(),
    `ADMIN_PASSWORD has no effect, because an admin exists: to set a password, run "DATA_DIR=${DATA_DIR} npm run auth -- set-password admin"`,
  );
  t.equal((await signIn(url, 'another password')).status, 401);
  t.equal((await signIn(url, PASSWORD)).status, 200);
  t.equal(await stop(), 0);
  t.notMatch(output(), REQUEST_LINE);
  t.notMatch(output(), 'another password');
  t.match(output(), /> Stopped\.\n$/);
});

/** Runs the program of `npm start` in a pseudo-terminal. */
async function startInTerminal(t: Test) {
  const port = String(await freePort());
  const program = join(ROOT, 'packages/bootstrap/src/start.mjs');
  const terminal = spawn(script ?? '', ['-qefc', `exec "${process.execPath}" "${program}"`, '/dev/null'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, TERM: 'dumb', DATA_DIR, PORT: port, ADMIN_PASSWORD: PASSWORD },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => terminal.kill());
  let output = '';
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return {
    url: `http://127.0.0.1:${port}`,
    output: () => output,
    press: (key: string) => terminal.stdin.write(key),
    exited: once(terminal, 'close').then(([code]) => code),
  };
}
