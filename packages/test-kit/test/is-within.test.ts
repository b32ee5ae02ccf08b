import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import t from 'tap';
import { isWithin, waitFor } from '../src/index.ts';

t.test(
  'what took less than the limit is within it, and what took a hundred times as long is not',
  async (t) => {
    t.ok(isWithin(999, 1_000));
    t.notOk(isWithin(100_000, 1_000));
  },
);

t.test('the limit grows while other processes use the cores', async (t) => {
  const loops: ChildProcess[] = [];
  t.teardown(() => {
    for (const loop of loops) loop.kill();
  });
  for (let i = 0; i < 3 * availableParallelism(); i++) {
    loops.push(spawn(process.execPath, ['-e', 'const end = Date.now() + 20_000; while (Date.now() < end);']));
  }
  await waitFor(() => isWithin(1_500, 1_000));
});
