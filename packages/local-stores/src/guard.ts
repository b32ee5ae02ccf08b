import { spawn } from 'node:child_process';

/**
 * Waits until its standard input ends: the kernel closes it even when the process at the other end is killed. Then the
 * script interrupts process $1, kills it after ten seconds, and removes the folder $2. SIGINT ends PostgreSQL (a "fast"
 * shutdown), Redis and nginx in order and quickly. SIGCONT follows, because a stopped process handles no other signal.
 */
const SCRIPT = `
read -r _
kill -INT "$1"; kill -CONT "$1"
i=0
while kill -0 "$1" && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
kill -KILL "$1"
[ -z "$2" ] || rm -rf "$2"
`;

/** Call `release` once the guarded process has ended: the kernel may soon give its id to another process. */
export interface Guard {
  release(): void;
}

/**
 * Ends the process `pid` and removes `temporaryFolder` when this process is gone, even after SIGKILL, for which Node
 * runs no handler. The guard is a shell in a session of its own, so Ctrl-C does not reach it either.
 */
export function guard(pid: number, temporaryFolder = ''): Guard {
  const shell = spawn('sh', ['-c', SCRIPT, 'guard', String(pid), temporaryFolder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.unref();
  (shell.stdin as unknown as { unref(): void }).unref();
  return { release: () => shell.kill('SIGKILL') };
}
