import { AsyncResource } from 'node:async_hooks';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import pg from 'pg';
import type { overloadLog } from '../problems/overload.ts';

/** The most calls that may wait for a batch, as many as may wait for a connection of the pool. */
const MAX_WAITING = 5_000;

export interface CoalescedOptions {
  /** The most calls in a batch. */
  batchSize: number;
  /** The most batches under way for a key. */
  atOnce: number;
  /** True if a single question may be the reason why PostgreSQL refuses a batch; false if all of a key ask the same. */
  areIndependent: boolean;
  /** The longest wait for a batch to start, in ms; undefined for no limit. */
  waitMs: number | undefined;
  overload: ReturnType<typeof overloadLog>;
  /** Is called with the number of calls of each batch. */
  noteBatch?: ((size: number) => void) | undefined;
}

interface Call<Q, A> {
  question: Q;
  since: number;
  resolve(answer: A): void;
  reject(error: unknown): void;
  /** The asynchronous context of the caller. */
  context: AsyncResource;
}

interface Lane<Q, A> {
  underWay: number;
  waiting: Call<Q, A>[];
}

/**
 * Sends the calls of the same moment to PostgreSQL in one statement. While a batch is under way the next one gathers; it
 * starts at the end of the turn of the event loop in which the batch ends, and no call joins it after its start. So no
 * caller gets an answer from before its call. A call that finds no batch under way is sent at once. A batch has the
 * asynchronous context of its first call: in a trace, its statement belongs to that request.
 *
 * Each caller gets its own answer or error. If PostgreSQL refuses a batch of independent questions, nothing of it has
 * happened, and each half is sent again, down to the call at fault. After any other failure nothing is sent again, because
 * the outcome may be unknown. The waiting calls, which were never sent, then fail too: otherwise they would wait too long
 * during an outage.
 *
 * @param send returns an answer for each question, in their order
 * @returns a function for calls. Calls share a batch only if their keys are equal.
 * @throws {Overload} the returned function, if too many calls wait, or the call has waited too long
 */
export function coalesced<Q, A>(
  send: (questions: Q[]) => Promise<A[]>,
  {
    batchSize,
    atOnce,
    areIndependent,
    waitMs = Number.POSITIVE_INFINITY,
    overload,
    noteBatch,
  }: CoalescedOptions,
): (key: string, question: Q) => Promise<A> {
  const lanes = new Map<string, Lane<Q, A>>();
  let waitingCount = 0;

  async function answer(calls: Call<Q, A>[]): Promise<void> {
    try {
      const answers = await send(calls.map(({ question }) => question));
      for (const [index, call] of calls.entries()) call.resolve(answers[index] as A);
    } catch (error) {
      if (!areIndependent || !isRefusal(error)) throw error;
      if (calls.length === 1) return calls[0]?.reject(error);
      const half = Math.ceil(calls.length / 2);
      await answer(calls.slice(0, half));
      await answer(calls.slice(half));
    }
  }

  async function run(key: string, lane: Lane<Q, A>, calls: Call<Q, A>[]): Promise<void> {
    lane.underWay += 1;
    noteBatch?.(calls.length);
    try {
      await answer(calls);
    } catch (error) {
      // does nothing for a call that has its answer
      for (const call of [...calls, ...take(lane, lane.waiting.length)]) call.reject(error);
    }
    // the requests that the process reads in this turn of the event loop join the next batch too
    await endOfTurn();
    lane.underWay -= 1;
    refuseLate(lane);
    if (waitingCount === 0) overload.over();
    const next = take(lane, batchSize);
    if (next[0] !== undefined) next[0].context.runInAsyncScope(run, undefined, key, lane, next);
    else if (lane.underWay === 0) lanes.delete(key);
  }

  function take(lane: Lane<Q, A>, count: number): Call<Q, A>[] {
    const calls = lane.waiting.splice(0, count);
    waitingCount -= calls.length;
    return calls;
  }

  function refuseLate(lane: Lane<Q, A>): void {
    const earliest = performance.now() - waitMs;
    const inTime = lane.waiting.findIndex(({ since }) => since >= earliest);
    for (const call of take(lane, inTime === -1 ? lane.waiting.length : inTime))
      call.reject(overload.refuse());
  }

  return (key, question) => {
    let lane = lanes.get(key);
    if (lane === undefined) {
      lane = { underWay: 0, waiting: [] };
      lanes.set(key, lane);
    }
    const { underWay, waiting } = lane;
    if (underWay === atOnce && waitingCount === MAX_WAITING) return Promise.reject(overload.refuse());
    return new Promise((resolve, reject) => {
      const context = new AsyncResource('CoalescedCall');
      const call = { question, since: performance.now(), resolve, reject, context };
      if (underWay < atOnce) {
        run(key, lane, [call]);
      } else {
        waiting.push(call);
        waitingCount += 1;
      }
    });
  };
}

/**
 * True if PostgreSQL has refused a value, and so has done nothing: classes 22 and 23 of its error codes. Its `severity` is no
 * use, because it is in the language of the server.
 */
function isRefusal(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^2[23]/.test(error.code ?? '');
}
