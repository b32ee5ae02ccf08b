import { type ChildProcess, spawn } from 'node:child_process';
import { ROOT } from '@pair/bootstrap';
import { freePort, type Teardown, waitFor } from '@pair/test-kit';
import { t } from 'tap';
import { dataFolder, isReady, printedPassword, processes, signIn, start } from './support/start.ts';

const STOP_TIMEOUT_MS = 20_000;

// one test starts everything three times
t.setTimeout(120_000);

/** Two tests have it in turn, because a start with an empty folder takes longer. */
const DATA_DIR = dataFolder(t);

t.test(
  'a killed start leaves no process, and nothing that blocks the next start, even if its guards were killed too',
  async (t) => {
    const first = await start(t, { DATA_DIR });
    const password = printedPassword(first.output()) ?? '';
    await first.stop('SIGKILL');

    const second = await start(t, { DATA_DIR });
    t.equal((await signIn(second.url, password)).status, 200);
    const servers = processes(DATA_DIR);
    for (const pid of servers)
      for (const guard of processes(` guard ${pid} `)) process.kill(guard, 'SIGKILL');
    await second.stop('SIGKILL');
    t.strictSame(processes(DATA_DIR), servers, 'they survive without guards');

    const third = await start(t, { DATA_DIR });
    t.notOk(processes(DATA_DIR).some((pid) => servers.includes(pid)));
    t.equal((await signIn(third.url, password)).status, 200);
    await third.stop('SIGKILL');
    await waitFor(() => processes(DATA_DIR).length === 0, STOP_TIMEOUT_MS);
  },
);

t.test('the death of npm, which forwards no signal, stops everything', async (t) => {
  const port = await freePort();
  const npm = startNpm(t, { DATA_DIR, PORT: String(port) });
  await waitFor(() => isReady(`http://127.0.0.1:${port}`), 60_000);
  npm.kill('SIGKILL');
  await waitFor(() => processes(DATA_DIR).length === 0, STOP_TIMEOUT_MS);
  await t.rejects(fetch(`http://127.0.0.1:${port}/livez`));
});

t.test('the death of npm in the middle of a start leaves no process either', async (t) => {
  const DATA_DIR = dataFolder(t);
  const npm = startNpm(t, { DATA_DIR, PORT: String(await freePort()) });
  await waitFor(() => processes(DATA_DIR).length > 0, 60_000);
  npm.kill('SIGKILL');
  await waitFor(() => processes(DATA_DIR).length === 0, STOP_TIMEOUT_MS);
});

function startNpm(t: Teardown, env: Record<string, string>): ChildProcess {
  const npm = spawn('npm', ['start'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: 'ignore',
  });
  t.teardown(() => npm.kill('SIGKILL'));
  return npm;
}
