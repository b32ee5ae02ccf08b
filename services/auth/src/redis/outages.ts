import { NOT_REPLICATED, type Replication } from '@pair/service-kit';
import type { Redis } from 'ioredis';

/** Longer than each process needs to have its connection again, and to reopen the windows of its lost rotations. */
const SETTLE_MS = 2_000;

/** The outages of Redis, as this process sees them. */
export interface Outages {
  /**
   * The time since an outage began that lasts, or has ended within the last two seconds, in ms; otherwise 0. Until then another
   * process may know more about the last moments before it.
   */
  recentMs(): number;
  stop(): void;
}

/**
 * An outage begins when the connection breaks, or when the replicas do not confirm: then the connection stays, but answers are
 * lost all the same. It ends with the next confirmed answer, or, without replicas, with the next connection.
 *
 * @param now a monotonic clock in ms
 */
export function outages(
  redis: Redis,
  replication: Replication = NOT_REPLICATED,
  now = () => performance.now(),
): Outages {
  let beganAt: number | undefined;
  let endedAt: number | undefined;
  const isSettled = () => endedAt !== undefined && now() - endedAt >= SETTLE_MS;
  const begin = () => {
    if (isSettled()) beganAt = undefined;
    beganAt ??= now(); // an outage that begins again soon is the same one
    endedAt = undefined;
  };
  const end = () => {
    if (beganAt !== undefined) endedAt ??= now();
  };
  redis.on('close', begin);
  if (replication === NOT_REPLICATED) redis.on('ready', end);
  replication.watch((isConfirmed) => (isConfirmed ? end() : begin()));
  return {
    recentMs: () => (beganAt === undefined || isSettled() ? 0 : now() - beganAt),
    stop: () => void redis.off('close', begin).off('ready', end),
  };
}
