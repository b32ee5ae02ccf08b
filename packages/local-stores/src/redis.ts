import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findCommand, isAtLeast, manualInstall } from '@pair/bootstrap';
import { type LocalServer, launch } from './local-server.ts';
import { endProcess, isRunning } from './process-table.ts';

const run = promisify(execFile);

/**
 * Runs the system's redis-server on 127.0.0.1. Redis has each write on disk before it acknowledges it, and evicts
 * nothing. `config` adds lines to its configuration file, `args` adds arguments. A server that an earlier process left
 * running on this folder is stopped first.
 *
 * @throws if redis-server is missing, or older than 7.0
 */
export async function startRedis(options: {
  dataDir: string;
  port: number;
  config?: string[];
  args?: string[];
  temporaryFolder?: string;
}): Promise<LocalServer> {
  const { dataDir, port } = options;
  const command = findCommand('redis-server');
  if (command === undefined) throw new Error(manualInstall('redis-server'));
  await requireVersion(command);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  await stopOrphan(dataDir);

  const configFile = join(dataDir, 'redis.conf');
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir "${dataDir}"`,
    `pidfile "${join(dataDir, PID_FILE)}"`,
    // the path of the configuration file in the command line identifies this server, see isRunning
    'proc-title-template "{title} {config-file} {listen-addr}"',
    'save ""',
    'appendonly yes',
    'appendfsync always',
    // keeps a session compact in memory: a user agent is longer than the default of 64 bytes
    'hash-max-listpack-value 256',
    'maxmemory-policy noeviction',
    ...(options.config ?? []),
  ];
  writeFileSync(configFile, `${lines.join('\n')}\n`, { mode: 0o600 });
  return launch({
    command,
    args: [configFile, ...(options.args ?? [])],
    port,
    logFile: join(dataDir, 'redis.log'),
    temporaryFolder: options.temporaryFolder,
    ready: () => answers(port),
  });
}

/** Redis 7.0 introduced functions and access rights that the services need. */
async function requireVersion(command: string): Promise<void> {
  const { stdout } = await run(command, ['--version']);
  const version = /v=([\d.]+)/.exec(stdout)?.[1] ?? '0';
  if (isAtLeast(version, '7.0')) return;
  throw new Error(`${command} is Redis ${version}: install Redis 7.0 or newer.`);
}

const PID_FILE = 'redis.pid';

/** Whether Redis replies +PONG, or -NOAUTH if it demands a password. While it loads its data it replies -LOADING. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('data', (reply) => {
      resolve(/^(\+PONG|-NOAUTH)/.test(reply.toString()));
      socket.destroy();
    });
    socket.once('error', () => undefined);
    socket.once('close', () => resolve(false));
  });
}

async function stopOrphan(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, PID_FILE);
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
  if (pid > 0 && isRunning(pid, dataDir)) await endProcess(pid, dataDir);
}
