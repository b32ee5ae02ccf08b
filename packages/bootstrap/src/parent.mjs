import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const INTERVAL_MS = 1_000;

/**
 * Sends this process SIGTERM once its parent is gone: npm does not pass signals on, so whoever stops `npm start` would
 * leave it running. npm may have put a shell between itself and us, which survives npm: then both are watched. To be
 * called first of all, because who has no parent any more cannot tell whether there was another.
 */
export function stopWithParent() {
  const parent = process.ppid;
  const shell = about(parent, 'command').includes('start.mjs');
  const grandparent = shell ? about(parent, 'ppid') : '';
  setInterval(() => {
    const isOrphan = process.ppid !== parent || (shell && about(parent, 'ppid') !== grandparent);
    if (isOrphan) process.kill(process.pid, 'SIGTERM');
  }, INTERVAL_MS).unref();
}

/**
 * What the table of processes says; nothing about one that is gone.
 * @param {number} pid
 * @param {'command' | 'ppid'} column
 */
function about(pid, column) {
  try {
    if (process.platform !== 'linux') {
      return execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' });
    }
    if (column === 'command') return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}
