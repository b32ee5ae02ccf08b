import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Whether `pid` is a process whose command line contains `text`. An id alone proves nothing: after a crash or a reboot
 * it may belong to any other process.
 */
export function isRunning(pid: number, text: string): boolean {
  return commandLine(pid).includes(text);
}

/** Empty for a process that is gone, and for one that has ended and waits for its parent (a zombie). */
function commandLine(pid: number): string {
  try {
    if (process.platform === 'linux') {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    }
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

const ORDERLY_STOP_MS = 15_000;

/** Interrupts a process and waits for its end; kills it after 15 s. `text` identifies it as in {@link isRunning}. */
export async function endProcess(pid: number, text: string): Promise<void> {
  signal(pid, 'SIGINT');
  signal(pid, 'SIGCONT');
  const deadline = Date.now() + ORDERLY_STOP_MS;
  while (isRunning(pid, text)) {
    if (Date.now() > deadline) signal(pid, 'SIGKILL');
    await delay(20);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // the process ended meanwhile
  }
}
