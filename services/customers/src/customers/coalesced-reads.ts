/**
 * Lets those who ask for the same thing at the same time share one query: all who come while one is on its way wait for
 * the next, which starts when that is over. So nobody's answer is older than their question, and of each thing the
 * database is asked once at a time. If the one on its way fails, so do those who wait: they would wait too long otherwise.
 */
export function coalescedReads() {
  const reads = new Map<string, { running: Promise<unknown>; next: Promise<unknown> | undefined }>();

  function start<T>(key: string, read: () => Promise<T>): Promise<T> {
    const running = read();
    const entry = { running, next: undefined };
    reads.set(key, entry);
    running.then(
      () => {
        if (entry.next === undefined) reads.delete(key);
      },
      () => reads.delete(key),
    );
    return running;
  }

  /** `key` says what is asked for, and what type it has. */
  return <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const entry = reads.get(key);
    if (entry === undefined) return start(key, read);
    entry.next ??= entry.running.then(() => start(key, read));
    return entry.next as Promise<T>;
  };
}
