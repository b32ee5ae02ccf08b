import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import { freePort, type Teardown, waitFor } from '@pair/test-kit';

export interface MeasuredProcess {
  url: string;
  /** CPU time of the process so far, in microseconds. */
  cpu(): Promise<number>;
  /** Resident set size now, in MB; Linux only. */
  residentMegabytes(): number;
  stop(): Promise<void>;
}

/**
 * Runs a Node program, given by its path from the root, that listens on PORT. A probe in the process reports its CPU
 * time on request.
 */
export async function startMeasured(
  t: Teardown,
  entry: string,
  env: NodeJS.ProcessEnv,
  execArgv: string[] = [],
): Promise<MeasuredProcess> {
  const port = await freePort();
  const child = fork(join(ROOT, entry), {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', PORT: String(port), ...env },
    execArgv: ['--import', new URL('./cpu-probe.js', import.meta.url).href, ...execArgv],
  });
  const stop = async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
  t.teardown(stop);
  const url = `http://127.0.0.1:${port}`;
  await waitFor(() => answers(url), 20_000);
  return {
    url,
    stop,
    cpu: () => cpuOf(child),
    residentMegabytes: () => {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
    },
  };
}

/** Returns the flags with which the image runs Node. */
export function imageFlags(): string[] {
  const [, command = '[]'] =
    /^CMD (.+)$/m.exec(readFileSync(join(ROOT, 'services/Dockerfile'), 'utf8')) ?? [];
  return JSON.parse(command).filter((argument: string) => argument.startsWith('--'));
}

function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

async function cpuOf(child: ChildProcess): Promise<number> {
  child.send('cpu');
  const [microseconds] = await once(child, 'message');
  return microseconds;
}
