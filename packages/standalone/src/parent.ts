import { isRunning, parentOf } from '@pair/local-stores';
import { PROGRAM } from './data-folder.ts';

const INTERVAL_MS = 1_000;

/**
 * Sends this process SIGTERM when its parent is gone: npm does not pass signals on, so whoever stops `npm start`
 * would leave it running. npm may have put a shell between itself and us, which survives npm: then both are watched.
 */
export function stopWithParent(): void {
  const parent = process.ppid;
  const isShellOfNpm = isRunning(parent, PROGRAM);
  const grandparent = isShellOfNpm ? parentOf(parent) : undefined;
  setInterval(() => {
    const isOrphan = process.ppid !== parent || (isShellOfNpm && parentOf(parent) !== grandparent);
    if (isOrphan) process.kill(process.pid, 'SIGTERM');
  }, INTERVAL_MS).unref();
}
