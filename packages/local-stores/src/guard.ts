import { spawn } from 'node:child_process';

/**
 * Waits for its standard input to end, which the kernel sees to even when the process that holds the other end
 * is killed; then interrupts $1, gives it ten seconds, and removes the folder $2. SIGINT is the orderly and quick
 * way to end PostgreSQL ("fast"), Redis and nginx alike; SIGCONT, because a stopped process hears nothing.
 */
const SCRIPT = `
read -r _
kill -INT "$1"; kill -CONT "$1"
i=0
while kill -0 "$1" && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
kill -KILL "$1"
[ -z "$2" ] || rm -rf "$2"
`;

/** Call `release` once the guarded process has ended: its number may soon be another's. */
export interface Guard {
  release(): void;
}

/**
 * Ends the process `pid`, and removes `temporaryFolder`, when this process is gone, however it went: Node runs no
 * handler on SIGKILL. The guard is a shell in a session of its own, so Ctrl-C does not reach it either.
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
