import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';
import t from 'tap';
import { overloadLog } from '../../src/problems/overload.ts';
import { type CoalescedOptions, coalesced } from '../../src/stores/coalesced.ts';

type Options = Partial<Omit<CoalescedOptions, 'overload'>>;

/** Batches that the test ends. Without an answer of the test, each question is its own answer. */
function held(options: Options = {}) {
  const batches: { questions: string[]; resolve(answers?: string[]): void; reject(error: Error): void }[] =
    [];
  const logged: string[] = [];
  const log = {
    info: (_content: unknown, message: unknown) => logged.push(String(message)),
    warn: (message: unknown) => logged.push(String(message)),
  };
  const ask = coalesced(
    (questions: string[]) =>
      new Promise<string[]>((resolve, reject) =>
        batches.push({ questions, resolve: (answers = questions) => resolve(answers), reject }),
      ),
    {
      atOnce: 1,
      batchSize: 100,
      areIndependent: true,
      waitMs: undefined,
      ...options,
      overload: overloadLog(log as never, 'batches'),
    },
  );
  const sent = () => batches.map(({ questions }) => questions);
  return { ask, batches, sent, logged };
}
/** Waits until the next batch has started. */
const settled = async () => {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
};

const refusal = () =>
  Object.assign(new pg.DatabaseError('refused', 0, 'error'), { severity: 'FEHLER', code: '22021' });
const timeOut = () => Object.assign(refusal(), { code: '55P03' });
const statuses = async (calls: Promise<unknown>[]) =>
  (await Promise.allSettled(calls)).map(({ status }) => status);

t.test('a call that finds no batch under way is sent at once, without waiting for a tick', async (t) => {
  const { ask, batches, sent } = held();
  const answer = ask('', 'a');
  t.same(sent(), [['a']]);
  batches[0]?.resolve();
  t.equal(await answer, 'a');
  await settled();
  const next = ask('', 'b');
  t.same(sent(), [['a'], ['b']]);
  batches[1]?.resolve();
  t.equal(await next, 'b');
});

t.test('calls during a batch share the next one, so that no call gets an older answer', async (t) => {
  const { ask, batches, sent } = held();
  const first = ask('', 'a');
  const others = [ask('', 'b'), ask('', 'b'), ask('', 'c')];
  t.same(sent(), [['a']]);
  batches[0]?.resolve(['first']);
  t.equal(await first, 'first');
  await settled();
  t.same(sent(), [['a'], ['b', 'b', 'c']], 'the next batch starts when the first ends');
  const late = ask('', 'd');
  t.equal(batches.length, 2, 'a call after its start does not join it');
  batches[1]?.resolve(['b1', 'b2', 'c']);
  t.same(await Promise.all(others), ['b1', 'b2', 'c'], 'each caller gets its own answer');
  await settled();
  t.same(sent().at(2), ['d']);
  batches[2]?.resolve();
  t.equal(await late, 'd');
});

t.test('calls in the turn of the event loop in which a batch ends share the next one', async (t) => {
  const { ask, batches, sent } = held();
  const first = ask('', 'a');
  const waiting = ask('', 'b');
  batches[0]?.resolve();
  t.equal(await first, 'a');
  const later = ask('', 'c');
  await settled();
  t.same(sent(), [['a'], ['b', 'c']]);
  batches[1]?.resolve();
  t.same(await Promise.all([waiting, later]), ['b', 'c']);
});

t.test('calls with different keys share no batch, and run at the same time', async (t) => {
  const { ask, batches, sent } = held();
  const all = [ask('x', 'a'), ask('y', 'b'), ask('x', 'c')];
  t.same(sent(), [['a'], ['b']]);
  for (const batch of batches) batch.resolve();
  await settled();
  t.same(sent(), [['a'], ['b'], ['c']]);
  batches[2]?.resolve();
  t.same(await Promise.all(all), ['a', 'b', 'c']);
});

t.test('a slow batch holds up no other while a second one may be under way', async (t) => {
  const { ask, batches, sent } = held({ atOnce: 2 });
  const slow = ask('', 'slow');
  const all = [ask('', 'a'), ask('', 'b'), ask('', 'c')];
  t.same(sent(), [['slow'], ['a']]);
  batches[1]?.resolve();
  await settled();
  t.same(sent(), [['slow'], ['a'], ['b', 'c']]);
  batches[2]?.resolve();
  t.same(await Promise.all(all), ['a', 'b', 'c']);
  batches[0]?.resolve();
  t.equal(await slow, 'slow');
});

t.test('a batch has a bounded size, and the calls keep their order', async (t) => {
  const { ask, batches, sent } = held({ batchSize: 2 });
  const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((question) => ask('', question));
  for (let index = 0; index < 4; index += 1) {
    batches[index]?.resolve();
    await settled();
  }
  t.same(sent(), [['a'], ['b', 'c'], ['d', 'e'], ['f']]);
  t.same(await Promise.all(all), ['a', 'b', 'c', 'd', 'e', 'f']);
});

t.test(
  'when a batch fails, the waiting calls fail too and are never sent, and the next call is',
  async (t) => {
    for (const error of [new Error('away'), timeOut()]) {
      const { ask, batches, sent } = held();
      const all = [ask('', 'a'), ask('', 'b'), ask('', 'c')];
      const ended = statuses(all);
      batches[0]?.reject(error);
      t.same(await ended, ['rejected', 'rejected', 'rejected']);
      await settled();
      t.equal(batches.length, 1, 'nothing is sent again');
      const next = ask('', 'd');
      t.same(sent(), [['a'], ['d']]);
      batches[1]?.resolve();
      t.equal(await next, 'd');
    }
  },
);

t.test('a refused batch is sent again in halves, and only the call at fault fails', async (t) => {
  const { ask, batches, sent } = held();
  const all = ['first', 'a', 'bad', 'c', 'd'].map((question) => ask('', question));
  const ended = Promise.allSettled(all);
  batches[0]?.resolve();
  await settled();
  const waiting = ask('', 'next');
  for (let index = 1; index < 7; index += 1) {
    const batch = batches[index];
    if (batch?.questions.includes('bad')) batch.reject(refusal());
    else batch?.resolve();
    await settled();
  }
  await settled();
  t.same(sent().slice(1), [['a', 'bad', 'c', 'd'], ['a', 'bad'], ['a'], ['bad'], ['c', 'd'], ['next']]);
  t.match(await ended, [
    { value: 'first' },
    { value: 'a' },
    { reason: { code: '22021' } },
    { value: 'c' },
    { value: 'd' },
  ]);
  t.equal(await waiting, 'next', 'the calls that waited are sent');
});

t.test('a refused batch of equal questions is not sent again', async (t) => {
  const { ask, batches } = held({ areIndependent: false });
  const all = ['first', 'a', 'a', 'a'].map((question) => ask('', question));
  const ended = statuses(all);
  batches[0]?.resolve();
  await settled();
  batches[1]?.reject(refusal());
  t.same(await ended, ['fulfilled', 'rejected', 'rejected', 'rejected']);
  t.equal(batches.length, 2);
});

t.test('an outage while a refused batch is sent again ends it', async (t) => {
  const { ask, batches } = held();
  const all = ['first', 'a', 'b'].map((question) => ask('', question));
  const ended = statuses(all);
  batches[0]?.resolve();
  await settled();
  batches[1]?.reject(refusal());
  await settled();
  batches[2]?.reject(new Error('away'));
  t.same(await ended, ['fulfilled', 'rejected', 'rejected']);
  t.equal(batches.length, 3);
});

t.test(
  'when 5,000 calls wait, the next one is refused as an overload, which the log shows once',
  async (t) => {
    const { ask, batches, logged } = held();
    const all = Array.from({ length: 5_001 }, () => ask('', 'a'));
    for (let more = 0; more < 2; more += 1)
      await t.rejects(ask('', 'a'), { name: 'Overload', message: 'batches' });
    all.push(ask('other', 'a'));
    t.equal(batches.length, 2, 'a call that need not wait is sent');
    t.same(logged, ['overload: batches']);
    for (let index = 0; index < 52; index += 1) {
      batches[index]?.resolve();
      await settled();
    }
    t.same([...new Set(await Promise.all(all))], ['a']);
    t.same(logged, ['overload: batches', 'overload is over: batches']);
  },
);

t.test('a call that has waited too long is refused as an overload, and not sent', async (t) => {
  let now = 0;
  t.intercept(performance, 'now', { value: () => now });
  const { ask, batches, sent } = held({ waitMs: 100 });
  const first = ask('', 'a');
  const late = t.rejects(ask('', 'b'), { name: 'Overload' });
  now = 1;
  const inTime = ask('', 'c');
  now = 101;
  batches[0]?.resolve();
  t.equal(await first, 'a');
  await late;
  t.same(sent(), [['a'], ['c']]);
  batches[1]?.resolve();
  t.equal(await inTime, 'c');
});

t.test('a batch has the asynchronous context of its first call, and each caller keeps its own', async (t) => {
  const request = new AsyncLocalStorage<string>();
  const senders: unknown[] = [];
  const log = { info() {}, warn() {} };
  const ask = coalesced(
    async (questions: string[]) => {
      senders.push(request.getStore());
      await settled();
      return questions;
    },
    {
      atOnce: 1,
      batchSize: 2,
      areIndependent: true,
      waitMs: undefined,
      overload: overloadLog(log as never, 'batches'),
    },
  );
  const names = ['a', 'b', 'c', 'd'];
  const callers = await Promise.all(
    names.map((name) => request.run(name, () => ask('', name).then(() => request.getStore()))),
  );
  t.same(senders, ['a', 'b', 'd']);
  t.same(callers, names);
});
