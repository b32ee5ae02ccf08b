import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { LocalServer } from '@pair/local-stores';

/** A server of one test, which can cause its faults. */
export interface TestServer {
  url: string;
  port: number;
  /** The id of the running server; `start()` changes it. */
  readonly pid: number;
  /** Stops all of its processes in their tracks: connections stay open, and no answer comes. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
  /** Ends it as a crash would: at once, with all of its processes, and without another write. */
  kill(): Promise<void>;
  /** Starts the server again after `stop()` or `kill()`, on the same port and data. */
  start(): Promise<void>;
}

/** Makes a test server. `launch` starts it, each time on the same port and data. */
export async function testServer(
  url: string,
  port: number,
  launch: () => Promise<LocalServer>,
): Promise<TestServer> {
  let server = await launch();
  return {
    url,
    port,
    get pid() {
      return server.pid;
    },
    pause() {
      process.kill(server.pid, 'SIGSTOP');
      // PostgreSQL has a process for each connection; the stopped parent creates no more of them
      for (const child of children(server.pid)) signal(child, 'SIGSTOP');
    },
    resume() {
      for (const child of children(server.pid)) signal(child, 'SIGCONT');
      process.kill(server.pid, 'SIGCONT');
    },
    async stop() {
      for (const child of children(server.pid)) signal(child, 'SIGCONT');
      await server.stop();
    },
    async kill() {
      // the parent first: otherwise it would clean up after its children, or create new ones
      const pids = [server.pid, ...children(server.pid)];
      for (const pid of pids) signal(pid, 'SIGKILL');
      await server.exited;
    },
    async start() {
      server = await launch();
    },
  };
}

/** Sends a signal to a process that may have ended meanwhile. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function children(pid: number): number[] {
  return childList(pid).split(/\s+/).filter(Boolean).map(Number);
}

function childList(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
  } catch {
    return ''; // the process has ended, or has no children
  }
}
