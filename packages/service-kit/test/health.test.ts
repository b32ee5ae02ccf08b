import t from 'tap';
import { startedProcess } from './support/process.ts';

t.test('a process without stores is alive and ready', async (t) => {
  const { app } = await startedProcess(t, []);
  t.same((await app.inject('/livez')).json(), { status: 'alive' });
  t.same((await app.inject('/readyz')).json(), { status: 'ready', checks: {} });
});

t.test('while a check fails the process is alive but not ready, and names the check', async (t) => {
  let away = true;
  const { app } = await startedProcess(t, [
    async (app) => {
      app.readinessCheck('test', 'one', async () => {});
      app.readinessCheck('test', 'two', async () => {
        if (away) throw new Error('hunter2');
      });
    },
  ]);
  const response = await app.inject('/readyz');
  t.match(response.json(), { status: 503, code: 'not_ready', detail: 'Not ready: test: two.' });
  t.equal(response.headers['retry-after'], '1');
  t.notMatch(response.body, /hunter2/);
  t.equal((await app.inject('/livez')).statusCode, 200);
  away = false;
  t.same((await app.inject('/readyz')).json(), {
    status: 'ready',
    checks: { 'test: one': 'ok', 'test: two': 'ok' },
  });
});

t.test('the log says once why the process is not ready, and once that it is ready again', async (t) => {
  let reason: string | undefined = 'connect ECONNREFUSED';
  const { app, logged } = await startedProcess(t, [
    async (app) => {
      app.readinessCheck('test', 'store', async () => {
        if (reason !== undefined) throw new Error('query failed', { cause: new Error(reason) });
      });
    },
  ]);
  for (let i = 0; i < 3; i++) t.equal((await app.inject('/readyz')).statusCode, 503);
  reason = undefined;
  for (let i = 0; i < 3; i++) t.equal((await app.inject('/readyz')).statusCode, 200);
  t.match(logged(), [
    { level: 'warn', msg: 'Not ready: test: store.', reasons: { 'test: store': 'connect ECONNREFUSED' } },
    { level: 'info', msg: 'ready again' },
  ]);
  t.equal(logged().length, 2);
});

t.test('a check that never answers fails after a second', async (t) => {
  const { app } = await startedProcess(t, [
    async (app) => app.readinessCheck('test', 'stuck', () => new Promise(() => {})),
  ]);
  const started = Date.now();
  t.match((await app.inject('/readyz')).json(), { status: 503, detail: 'Not ready: test: stuck.' });
  t.ok(Date.now() - started < 2_000);
});

t.test('a draining process is not ready, even if its checks would pass', async (t) => {
  let checked = 0;
  const { app } = await startedProcess(t, [
    async (app) =>
      app.readinessCheck('test', 'one', async () => {
        checked += 1;
      }),
  ]);
  app.drain();
  t.match((await app.inject('/readyz')).json(), { status: 503, code: 'not_ready' });
  t.equal(checked, 0);
  t.equal((await app.inject('/livez')).statusCode, 200);
});
