import type { Redis } from 'ioredis';

/** Longer than each process needs to have its connection again, and to reopen the windows of its lost rotations. */
const SETTLE_MS = 2_000;

/** The outages of Redis, as this process sees them. */
export interface Outages {
  /**
   * The time since an outage began that has ended within the last two seconds, in ms; otherwise 0. Until then another process
   * may know more about the last moments before it.
   */
  recentMs(): number;
  stop(): void;
}

/** @param now a monotonic clock in ms */
export function outages(redis: Redis, now = () => performance.now()): Outages {
  let beganAt: number | undefined;
  let endedAt: number | undefined;
  const isSettled = () => endedAt !== undefined && now() - endedAt >= SETTLE_MS;
  const onClose = () => {
    if (isSettled()) beganAt = undefined;
    beganAt ??= now(); // a connection that breaks again soon is the same outage
    endedAt = undefined;
  };
  const onReady = () => {
    endedAt = now();
  };
  redis.on('close', onClose).on('ready', onReady);
  return {
    recentMs: () => (beganAt === undefined || isSettled() ? 0 : now() - beganAt),
    stop: () => void redis.off('close', onClose).off('ready', onReady),
  };
}
