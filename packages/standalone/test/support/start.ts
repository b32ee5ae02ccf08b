import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type StartedProcess, startProcess, type Teardown, waitFor } from '@pair/test-kit';

export interface Started extends StartedProcess {
  url: string;
}

const START_TIMEOUT_MS = 60_000;

export function dataFolder(t: Teardown): string {
  const folder = mkdtempSync(join(tmpdir(), 'pair-standalone-'));
  chmodSync(folder, 0o711); // under root, PostgreSQL runs as another user
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'data');
}

/** Runs the program of `npm start`, on this Node or another, and resolves when it is ready. */
export async function start(t: Teardown, env: NodeJS.ProcessEnv, node?: string): Promise<Started> {
  const started = await attempt(t, env, node);
  const failed = started.exited.then(() => Promise.reject(new Error(started.output())));
  const isPrinted = () => started.output().includes('Both services listen');
  await Promise.race([waitFor(isPrinted, START_TIMEOUT_MS), failed]);
  failed.catch(() => undefined); // once it is ready, an end of the process is up to the test
  return started;
}

/** Runs the program of `npm start` without waiting for it, for a start that fails. */
export async function attempt(
  t: Teardown,
  env: NodeJS.ProcessEnv,
  node = process.execPath,
): Promise<Started> {
  const port = env.PORT ?? String(await freePort());
  const started = await startProcess(t, {
    node,
    entry: 'packages/bootstrap/src/start.mjs',
    env: { LOG_LEVEL: 'info', ...env, PORT: port },
  });
  return { ...started, url: `http://127.0.0.1:${port}` };
}

export async function isReady(url: string): Promise<boolean> {
  return (await fetch(`${url}/readyz`)).ok;
}

export function printedPassword(output: string): string | undefined {
  return /password \(shown once\): (\S+)/.exec(output)?.[1];
}

export async function signIn(url: string, password: string, username = 'admin'): Promise<Response> {
  return fetch(`${url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  });
}

/** Signs in, and returns a function that sends requests with the access token of that session. */
export async function client(url: string, password: string, username = 'admin') {
  const { access_token } = (await (await signIn(url, password, username)).json()) as { access_token: string };
  const authorization = `Bearer ${access_token}`;
  return (method: string, path: string, body?: object): Promise<Response> =>
    fetch(url + path, {
      method,
      headers: body === undefined ? { authorization } : { authorization, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
}

/** The ids of the processes whose command line contains `text`. */
export function processes(text: string): number[] {
  return [...commandLines(text).keys()];
}

/** The command lines that contain `text`, by the id of their process. */
export function commandLines(text: string): Map<number, string> {
  const all = process.platform === 'linux' ? fromProc() : fromPs();
  return new Map(all.filter(([, line]) => line.includes(text)));
}

function fromProc(): [pid: number, line: string][] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), commandLine(name)]);
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // the process ended meanwhile
  }
}

function fromPs(): [pid: number, line: string][] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,command='], { encoding: 'utf8' }).split('\n');
  return lines.map((line) => [Number.parseInt(line, 10), `${line} `]);
}
