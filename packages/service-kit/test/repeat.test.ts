import { AsyncLocalStorage } from 'node:async_hooks';
import t from 'tap';
import { repeat, type SetTimer, troubleLog } from '../src/index.ts';

/** Timers that the test fires itself. */
function heldTimers() {
  const held: { run: () => Promise<void>; delayMs: number }[] = [];
  const setTimer: SetTimer = (run, delayMs) => {
    const timer = { run, delayMs };
    held.push(timer);
    return () => held.splice(held.indexOf(timer), 1);
  };
  return { held, setTimer };
}

t.test('the next run follows sooner after a failure than after a success', async (t) => {
  const { held, setTimer } = heldTimers();
  const failures: unknown[] = [];
  let isBroken = true;
  const repetition = repeat(
    async () => {
      if (isBroken) throw new Error('away');
    },
    {
      pauseMs: (count) => (count === 0 ? 1_000 : count * 10),
      onFailure: (error) => failures.push(error),
      setTimer,
    },
  );
  repetition.start(5);
  for (const delayMs of [5, 10, 20]) {
    t.equal(held.length, 1);
    t.equal(held[0]?.delayMs, delayMs);
    await held.shift()?.run();
  }
  t.equal(failures.length, 3);
  isBroken = false;
  await held.shift()?.run();
  t.equal(held.at(0)?.delayMs, 1_000, 'a success resets the count of failures');
});

t.test('one run at a time: callers share the current run', async (t) => {
  const { held, setTimer } = heldTimers();
  let runs = 0;
  let release = () => {};
  const repetition = repeat(
    () => {
      runs += 1;
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    },
    { pauseMs: () => 1_000, setTimer },
  );
  repetition.start(10);
  const first = repetition.runNow();
  t.equal(held.length, 0, 'the current run replaces the run that was due');
  t.equal(repetition.runNow(), first);
  t.equal(repetition.running, first);
  repetition.start(10);
  t.equal(held.length, 0);
  release();
  await first;
  t.equal(runs, 1);
  t.equal(repetition.running, undefined);
  t.equal(held.length, 1);
});

t.test('without a pause no run follows, and none after stop', async (t) => {
  const { held, setTimer } = heldTimers();
  let pause: number | undefined;
  const repetition = repeat(async () => {}, { pauseMs: () => pause, setTimer });
  await repetition.runNow();
  t.equal(held.length, 0, 'no run is due until the next start');
  pause = 10;
  await repetition.runNow();
  t.equal(held.length, 1);
  repetition.stop();
  t.equal(held.length, 0);
  await repetition.runNow();
  t.equal(held.length, 0);
});

t.test('a trouble is logged when it begins, when it changes and when it is over', async (t) => {
  const lines: string[] = [];
  const log = {
    info: (_fields: object, line: string) => lines.push(line),
    warn: (_fields: object, line: string) => lines.push(`warning: ${line}`),
    error: (_fields: object, line: string) => lines.push(`error: ${line}`),
  };
  const trouble = troubleLog(log as never, { began: 'Redis is away', over: 'Redis is back' });
  trouble.over();
  for (let i = 0; i < 3; i++) trouble.note(new Error('refused'));
  trouble.note(new Error('a wrong password'), { level: 'error' });
  trouble.over();
  trouble.over();
  trouble.note(new Error('refused'));
  t.strictSame(lines, [
    'warning: Redis is away',
    'error: Redis is away',
    'Redis is back',
    'warning: Redis is away',
  ]);
});

t.test('only the run that a request begins has the context of the request', async (t) => {
  const { held, setTimer } = heldTimers();
  const request = new AsyncLocalStorage<string>();
  const runs: unknown[] = [];
  const repetition = repeat(async () => runs.push(request.getStore()), { pauseMs: () => 1_000, setTimer });
  await request.run('a', async () => {
    await repetition.runNow();
    await held.shift()?.run();
  });
  t.same(runs, ['a', undefined]);
});
