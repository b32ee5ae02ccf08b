import { parentOf } from '@pair/local-stores';

const INTERVAL_MS = 500;

/**
 * Sends this process SIGTERM when its parent is gone: npm does not pass signals on, so whoever stops `npm start`
 * would leave it running. npm puts a shell between itself and us, which survives npm: then both are watched.
 */
export function stopWithParent(underNpm: boolean): void {
  const parent = process.ppid;
  const grandparent = underNpm ? parentOf(parent) : undefined;
  setInterval(() => {
    const isOrphan = process.ppid !== parent || (underNpm && parentOf(parent) !== grandparent);
    if (isOrphan) process.kill(process.pid, 'SIGTERM');
  }, INTERVAL_MS).unref();
}
