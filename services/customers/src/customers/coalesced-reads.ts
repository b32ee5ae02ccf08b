/**
 * Lets equal reads at the same time share one query. Calls during a query wait for the next one, which starts when the
 * running one ends. So no caller gets an answer from before its call, and for each key one query runs at a time. If the
 * running query fails, the waiting calls fail too: otherwise they would wait too long.
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

  /** Reads with an equal `key` must return the same thing, of the same type. */
  return <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const entry = reads.get(key);
    if (entry === undefined) return start(key, read);
    entry.next ??= entry.running.then(() => start(key, read));
    return entry.next as Promise<T>;
  };
}
