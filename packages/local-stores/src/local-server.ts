import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { guard } from './guard.ts';

/** A server on 127.0.0.1 that this process started. It ends with this process, even if this process is killed. */
export interface LocalServer {
  port: number;
  pid: number;
  /** Settles when the server has ended, whether `stop` was called or not. */
  exited: Promise<void>;
  /** Ends the server in order and waits for its end. It also ends a server that SIGSTOP has stopped. */
  stop(): Promise<void>;
}

interface Launch {
  command: string;
  args: string[];
  port: number;
  /** Receives everything the server prints. */
  logFile: string;
  ready: () => boolean | Promise<boolean>;
  /** The guard removes this folder if this process dies before it stops the server. */
  temporaryFolder?: string | undefined;
  options?: SpawnOptions;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;

/**
 * Starts a server in a session of its own: Ctrl-C in the terminal must not end it before the requests that need it.
 *
 * @throws with the end of the server's log if the server ends, or is not ready within a minute
 */
export async function launch(server: Launch): Promise<LocalServer> {
  const log = openSync(server.logFile, 'w', 0o600);
  const child = spawn(server.command, server.args, {
    ...server.options,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const pid = await spawned(child);
  const guarding = guard(pid, server.temporaryFolder);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      guarding.release();
      resolve();
    });
  });
  child.unref();

  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await server.ready())) {
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(
        `${server.command} did not start:\n${readFileSync(server.logFile, 'utf8').slice(-2_000)}`,
      );
    }
    await delay(10);
  }
  return { port: server.port, pid, exited, stop: () => stop(child, exited) };
}

function spawned(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(child.pid as number));
  });
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.ref();
  child.kill('SIGINT');
  child.kill('SIGCONT');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
