import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const INTERVAL_MS = 1_000;

/**
 * Sends this process SIGTERM once its parent is gone: npm forwards no signals, so the end of npm alone would leave this
 * process running. npm may have put a shell between itself and this process. Because the shell survives npm, this
 * function then watches both. Call it first of all: a process cannot see that it has already lost its parent.
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
 * A column of the process table, empty for a process that is gone.
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
