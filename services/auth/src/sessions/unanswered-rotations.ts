const RETRY_MS = 100;
/** About a megabyte. Whoever comes later has to sign in again, should the outage outlast the window. */
const MAX_ENTRIES = 10_000;

/** `nonce` is the SHA-256 of that of the successor: nobody but the one lost rotation can have made it the newest. */
export type ReopenWindow = (sid: string, nonce: Buffer) => Promise<unknown>;

/**
 * Rotations that Redis was asked for and whose reply was lost: it may have done them, and the client, who was told
 * 503, will come again with the token it has. An outage can outlast the replay window, and then the retry would look
 * like reuse and cost an innocent session. So the window of each of them begins anew as soon as Redis answers.
 */
export function unansweredRotations(reopenWindow: ReopenWindow) {
  /** nonce → sid; of a session there may be several, which the client tried one after the other. */
  const unanswered = new Map<Buffer, string>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function settle(): Promise<void> {
    const attempts = [...unanswered].map(async ([nonce, sid]) => {
      await reopenWindow(sid, nonce);
      unanswered.delete(nonce);
    });
    await Promise.allSettled(attempts);
    timer = undefined;
    schedule();
  }

  function schedule(): void {
    if (stopped || timer !== undefined || unanswered.size === 0) return;
    timer = setTimeout(settle, RETRY_MS);
    timer.unref();
  }

  return {
    add(sid: string, nonce: Buffer): void {
      if (unanswered.size >= MAX_ENTRIES) return;
      unanswered.set(nonce, sid);
      schedule();
    },
    stop(): void {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
