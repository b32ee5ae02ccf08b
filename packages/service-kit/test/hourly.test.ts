import { mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { hourly } from '../src/index.ts';
import { startedProcess } from './support/process.ts';

const HOUR_MS = 3_600_000;

t.test(
  'work runs a minute after the start and then hourly, even after a failure, until the process closes',
  async (t) => {
    mock.timers.enable({ apis: ['setTimeout'] });
    t.teardown(() => mock.timers.reset());
    const after = async (ms: number) => {
      mock.timers.tick(ms);
      await turn();
    };
    let runs = 0;
    const { app, logged } = await startedProcess(t, [
      async (scope) =>
        hourly(scope, 'the work failed', async () => {
          runs += 1;
          if (runs === 2) throw new Error('broken');
        }),
    ]);
    await app.ready();
    await after(59_999);
    t.equal(runs, 0);
    await after(1);
    t.equal(runs, 1);
    await after(HOUR_MS);
    t.equal(runs, 2);
    t.match(logged().at(-1), { level: 'error', msg: 'the work failed' });
    await after(HOUR_MS);
    t.equal(runs, 3);
    await app.close();
    await after(HOUR_MS);
    t.equal(runs, 3);
  },
);
