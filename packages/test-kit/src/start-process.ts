import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import { guard } from '@pair/local-stores';
import type { Teardown } from './teardown.ts';

export interface StartedProcess {
  pid: number;
  /** The output so far, of both streams. */
  output(): string;
  /** Sends SIGTERM, or another signal, and resolves with the exit code: null when the signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  exited: Promise<number | null>;
}

const STOP_TIMEOUT_MS = 20_000;

/**
 * Runs a Node program as a container or a terminal would, with only `env` and the PATH in its environment. `entry` is
 * its path from the root of the repository, `input` the content of its standard input.
 */
export async function startProcess(
  t: Teardown,
  program: { entry: string; env: NodeJS.ProcessEnv; args?: string[]; input?: string; node?: string },
): Promise<StartedProcess> {
  const child = spawn(
    program.node ?? process.execPath,
    [resolve(ROOT, program.entry), ...(program.args ?? [])],
    {
      cwd: ROOT,
      env: { PATH: process.env.PATH, ...program.env },
      stdio: [program.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    },
  );
  child.stdin?.end(program.input);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const guarding = guard(child.pid as number);
  const exited = new Promise<number | null>((resolve) => {
    // `close`, not `exit`: by then all output has arrived
    child.once('close', (code) => {
      guarding.release();
      resolve(code);
    });
  });
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    child.kill('SIGCONT');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    return exited.finally(() => clearTimeout(timer));
  };
  t.teardown(() => stop());
  return { pid: child.pid as number, output: () => output, stop, exited };
}
