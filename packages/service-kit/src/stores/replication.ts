import type { Redis } from 'ioredis';
import { StoreUnavailable } from '../problems/unavailable.ts';
import { repeat } from '../repeat.ts';
import { shortage } from './shortage.ts';

/** Replicas have a write within a millisecond or two. Meanwhile the connection runs nothing else. */
const WAIT_MS = 200;
const PROBE_INTERVAL_MS = 1_000;

/** Withholds an answer until no failover can undo what it says. */
export interface Replication {
  /**
   * Resolves when the replicas have every write of `connection` that Redis has answered. With a fence they have everything
   * that Redis had done, for any client, when it last answered on `connection`.
   *
   * @param connection `redis.stream` before the command was sent
   * @param options.hasWritten true if the command certainly was a write: then the barrier needs no write of its own
   * @throws {StoreUnavailable} if too few replicas have it, or the client has another connection now. The command may have
   *   been done all the same.
   */
  confirmed(connection: unknown, options?: { hasWritten?: boolean }): Promise<void>;
  /** Calls `listener` after each barrier, and at least about once a second: true if the replicas have confirmed. */
  watch(listener: (isConfirmed: boolean) => void): void;
  stop(): void;
}

/** Finds out whether Redis has lost writes. */
export interface Fence {
  /** The key that counts the barriers. Its value only grows, so a smaller one is from a Redis that has lost writes. */
  key: string;
  /** Is called when Redis has lost confirmed writes. No answer passes until it has resolved. */
  onLoss(): Promise<void>;
}

/** For one Redis, without replicas: each answer counts at once. */
export const NOT_REPLICATED: Replication = {
  confirmed: async () => {},
  watch: () => {},
  stop: () => {},
};

/**
 * The barrier of a Redis with `replicas` replicas; docs/decisions/0033 says why all of them must have a write, and when
 * fewer may do. A command is sent; after its reply, `WAIT` follows on the same connection. `WAIT` waits for the last write
 * of its connection. An `INCR` of the fence before makes it wait for everything before, also for writes of other processes
 * that the command has only read. A stale primary can confirm nothing, so no answer of it gets past the barrier. If all
 * commands before a barrier have written, `WAIT` alone does the same, without another write to three disks.
 *
 * One barrier is under way at a time. All answers that arrive meanwhile share the next one.
 *
 * @param options.fence is needed where an answer depends on reads
 */
export function replication(
  redis: Redis,
  options: { replicas: number; fence?: Fence; now?: () => number },
): Replication {
  const { replicas, fence, now = () => performance.now() } = options;
  if (replicas === 0) return NOT_REPLICATED;
  const short = shortage(replicas, now);
  let lastBarrier: Promise<unknown> = Promise.resolve();
  let nextBarrier: Promise<unknown> | undefined;
  /** False if the next barrier is only for answers to writes. */
  let needsFence = false;
  /** The connection on which the count was compared: another one may lead to a primary that has lost some. */
  let fenced: unknown;
  let confirmedFence = 0;
  let hasLost = false;
  const listeners: ((isConfirmed: boolean) => void)[] = [];
  const announce = (isConfirmed: boolean) => {
    for (const listener of listeners) listener(isConfirmed);
  };
  redis.on('close', short.reset);

  /** Resolves to the connection that it has run on. */
  async function barrier(): Promise<unknown> {
    const connection = redis.stream;
    const needed = short.needed();
    const needsIncrement = needsFence || connection !== fenced;
    const increment = fence !== undefined && needsIncrement ? redis.incr(fence.key) : undefined;
    needsFence = false;
    const [passed, count] = await Promise.all([increment, redis.wait(needed, WAIT_MS)]).catch((cause) => {
      throw refusal('Redis does not replicate', { cause });
    });
    if (redis.stream !== connection) throw refusal('the connection to Redis has changed');
    short.note(count);
    if (count < needed) throw refusal(`${count} of ${needed} replicas have the writes`);
    if (fence === undefined || passed === undefined) return connection;
    hasLost ||= passed <= confirmedFence;
    if (hasLost) {
      fenced = undefined;
      await fence.onLoss();
      hasLost = false;
      confirmedFence = 0;
      throw refusal('Redis had lost confirmed writes');
    }
    confirmedFence = passed;
    fenced = connection;
    return connection;
  }

  function shared(hasWritten = false): Promise<unknown> {
    if (!hasWritten) needsFence = true;
    nextBarrier ??= lastBarrier.then(() => {
      nextBarrier = undefined;
      const result = barrier();
      lastBarrier = result.then(
        () => announce(true),
        () => announce(false),
      );
      return result;
    });
    return nextBarrier;
  }

  // keeps the shortage up to date in an idle process
  const probe = repeat(
    async () => {
      if (fence !== undefined) await shared();
      if (fence === undefined || short.needed() < replicas) short.inspect(await redis.info('replication'));
    },
    { pauseMs: () => PROBE_INTERVAL_MS },
  );
  probe.start(PROBE_INTERVAL_MS);

  return {
    async confirmed(connection, { hasWritten = false } = {}) {
      if ((await shared(hasWritten)) !== connection) throw refusal('the connection to Redis has changed');
    },
    watch: (listener) => void listeners.push(listener),
    stop: () => {
      probe.stop();
      redis.off('close', short.reset);
    },
  };
}

function refusal(message: string, options?: ErrorOptions): StoreUnavailable {
  return new StoreUnavailable('redis', message, options);
}
