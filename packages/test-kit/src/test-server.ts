import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { LocalServer } from '@pair/local-stores';

/** A server of one test, for its faults. */
export interface TestServer {
  url: string;
  port: number;
  /** Of the running server: another one after `start()`. */
  readonly pid: number;
  /** Stops all of its processes in their tracks: connections stay open, nobody answers. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
  /** Ends it as a crash would: at once, with all of its processes, and nothing written that was not. */
  kill(): Promise<void>;
  /** After `stop()` or `kill()`: the same port and data. */
  start(): Promise<void>;
}

/** `launch` starts the server, each time on the same port and data. */
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
      // PostgreSQL answers from a process for each connection; no new one can come now
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
      // the parent first: it would clean up after its children, and none is made meanwhile
      const pids = [server.pid, ...children(server.pid)];
      for (const pid of pids) signal(pid, 'SIGKILL');
      await server.exited;
    },
    async start() {
      server = await launch();
    },
  };
}

/** To a process that may have ended meanwhile. */
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
    return ''; // it ended, or has none
  }
}
