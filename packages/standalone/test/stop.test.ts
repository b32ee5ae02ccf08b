import { once } from 'node:events';
import { request } from 'node:http';
import { waitFor } from '@pair/test-kit';
import { t } from 'tap';
import { dataFolder, printedPassword, processes, start } from './support/start.ts';

const STOP_TIMEOUT_MS = 20_000;

// each test starts everything
t.setTimeout(120_000);

/** All tests have it in turn, because a start with an empty folder takes longer. */
const DATA_DIR = dataFolder(t);
let password: string | undefined;

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} lets a request in flight and its stores finish, and leaves no process`, async (t) => {
    const started = await start(t, { DATA_DIR });
    password ??= printedPassword(started.output());
    t.equal(processes(DATA_DIR).length >= 2, true);

    const body = JSON.stringify({ username: 'admin', password });
    const login = request(`${started.url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': body.length },
    });
    login.write(body.slice(0, 10));
    await waitFor(() => login.socket?.bytesWritten);
    const stopped = started.stop(signal);
    await waitFor(() => started.output().includes('draining'));
    login.end(body.slice(10));
    const [response] = await once(login, 'response');
    response.resume();
    t.equal(response.statusCode, 200);
    t.equal(await stopped, 0);
    t.match(started.output(), /\n> Stopped\.\n$/);
    t.strictSame(processes(DATA_DIR), []);
  });
}

t.test('npm start fails when its database ends by itself', async (t) => {
  const started = await start(t, { DATA_DIR });
  const [postgres] = processes(`-D ${DATA_DIR}`);
  process.kill(postgres ?? 0, 'SIGKILL');
  t.equal(await started.exited, 1);
  t.match(started.output(), 'PostgreSQL has ended');
  await waitFor(() => processes(DATA_DIR).length === 0, STOP_TIMEOUT_MS);
});
