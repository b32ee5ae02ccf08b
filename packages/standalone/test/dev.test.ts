import { spawn } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import { freePort, startProcess, waitFor } from '@pair/test-kit';
import { type Test, t } from 'tap';
import { dataFolder, isReady, processes } from './support/start.ts';

const START_TIMEOUT_MS = 60_000;
const RESTART_TIMEOUT_MS = 30_000;
const SOURCE = 'packages/standalone/src/status.ts';

// each test builds and starts everything
t.setTimeout(120_000);

/** Both tests have it in turn, because a start with an empty folder takes longer. */
const DATA_DIR = dataFolder(t);

t.test('a change restarts the services, and the stores keep running', async (t) => {
  const { copy, url, stores, output, stop } = await develop(t);
  const change = (text: string, replacement: string) => {
    const file = join(copy, SOURCE);
    writeFileSync(file, readFileSync(file, 'utf8').replace(text, replacement));
  };
  const before = stores();
  t.equal(before.length, 2);
  t.equal(await cacheControl(url), 'no-store');

  change("'no-store'", "'no-cache'");
  await waitFor(() => /with this change after \d+ ms/.test(output()), RESTART_TIMEOUT_MS);
  t.comment(`after ${/with this change after (\d+ ms)/.exec(output())?.[1]}`);
  t.equal(await cacheControl(url), 'no-cache');

  // a fault of syntax: the services run on
  change("'no-cache'", '42)');
  await waitFor(() => output().includes('without this change'), RESTART_TIMEOUT_MS);
  t.match(output(), SOURCE);
  t.equal(await cacheControl(url), 'no-cache');

  // one that ends them
  change('42)', "'private'");
  change('import', "throw new Error('broken');\nimport");
  await waitFor(() => output().includes('start again after the next change'), RESTART_TIMEOUT_MS);
  await t.rejects(fetch(url));

  change("throw new Error('broken');\n", '');
  await waitFor(() => isReady(url), RESTART_TIMEOUT_MS);
  t.equal(await cacheControl(url), 'private');
  t.strictSame(stores(), before);
  t.equal(await stop('SIGINT'), 0);
  t.match(output(), /> Stopped\.\n$/);
  t.strictSame(stores(), []);
});

t.test('the death of npm stops the services and the stores', async (t) => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const npm = spawn('npm', ['run', 'dev'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, DATA_DIR, PORT: new URL(url).port },
    stdio: 'ignore',
  });
  t.teardown(() => npm.kill('SIGKILL'));
  await waitFor(() => isReady(url), START_TIMEOUT_MS);
  npm.kill('SIGKILL');
  await waitFor(() => processes(DATA_DIR).length === 0, RESTART_TIMEOUT_MS);
  await t.rejects(fetch(url));
});

/** Runs the program of `npm run dev` on a copy of the repository, whose sources may change. */
async function develop(t: Test) {
  const copy = join(dirname(DATA_DIR), 'copy');
  for (const path of [
    'packages',
    'services',
    'nginx',
    'package.json',
    'pnpm-lock.yaml',
    'tsconfig.base.json',
  ]) {
    // with the times of the files: what is built stays up to date
    cpSync(join(ROOT, path), join(copy, path), {
      recursive: true,
      preserveTimestamps: true,
      verbatimSymlinks: true,
    });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const PORT = String(await freePort());
  const url = `http://127.0.0.1:${PORT}`;
  const started = await startProcess(t, {
    entry: join(copy, 'packages/bootstrap/src/start.mjs'),
    args: ['--watch'],
    env: { DATA_DIR, PORT },
  });
  await waitFor(() => isReady(url), START_TIMEOUT_MS);
  return { ...started, copy, url, stores: () => processes(DATA_DIR).filter((pid) => pid !== started.pid) };
}

async function cacheControl(url: string): Promise<string | null> {
  return (await fetch(`${url}/status`)).headers.get('cache-control');
}
