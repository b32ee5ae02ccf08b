import { repeat } from '@pair/service-kit';

const RETRY_MS = 100;
/** About a megabyte. The user of a later rotation has to sign in again if the outage outlasts the replay window. */
const MAX_ENTRIES = 10_000;

/** `nonce` is the SHA-256 of the successor's nonce: only the lost rotation can have made it the newest. */
export type ReopenWindow = (sid: string, nonce: Buffer) => Promise<unknown>;

/**
 * Remembers the rotations whose reply from Redis was lost. Redis may have run such a rotation, and the client, which
 * got 503, retries with the old token. An outage can outlast the replay window: then the retry would look like reuse,
 * and would end an innocent session. So each of these rotations gets a new window as soon as Redis answers.
 */
export function unansweredRotations(reopenWindow: ReopenWindow) {
  /** nonce → sid; a session can have several, which the client tried one after the other. */
  const unanswered = new Map<Buffer, string>();
  const settling = repeat(settle, { pauseMs: () => (unanswered.size > 0 ? RETRY_MS : undefined) });

  async function settle(): Promise<void> {
    const attempts = [...unanswered].map(async ([nonce, sid]) => {
      await reopenWindow(sid, nonce);
      unanswered.delete(nonce);
    });
    await Promise.allSettled(attempts);
  }

  return {
    add(sid: string, nonce: Buffer): void {
      if (unanswered.size >= MAX_ENTRIES) return;
      unanswered.set(nonce, sid);
      settling.start(RETRY_MS);
    },
    stop: settling.stop,
  };
}
