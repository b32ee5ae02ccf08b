import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isRunning } from '@pair/local-stores';
import { OperatorError, type RedisSettings } from '@pair/service-kit';

/** The folder of all data that must survive a restart. */
export interface DataFolder {
  path: string;
  secrets: Secrets;
  /** Writes the settings that the commands of auth read: see auth-command.mjs. */
  keepForCommands(settings: CommandSettings): void;
}

interface CommandSettings extends RedisSettings {
  DATABASE_URL: string;
  KEY_ENCRYPTION_KEY: string;
}

interface Secrets {
  superuserPassword: string;
  authOwnerDatabasePassword: string;
  authDatabasePassword: string;
  customersDatabasePassword: string;
  authRedisPassword: string;
  customersRedisPassword: string;
  keyEncryptionKey: string;
}

/** The parts of the folder that can be opened only with the secrets. A start writes the secrets before these. */
const NEEDS_SECRETS = ['postgres', 'redis', 'auth.json'];

/** Secrets that open what is stored. The others are set again at each start, so a start can replace them. */
const OPENS_DATA = ['superuserPassword', 'keyEncryptionKey'] as const;

/** The command line of every `npm start` contains this name. */
const PROGRAM = 'start.mjs';

/**
 * Opens the folder, or creates it with new secrets, and writes the id of this process into it.
 *
 * @throws {OperatorError} if the folder cannot be used, has lost its secrets, or another process uses it
 */
export function openDataFolder(path: string): DataFolder {
  const folder = resolve(path);
  try {
    return open(folder);
  } catch (error) {
    const explain = REASONS[(error as NodeJS.ErrnoException).code ?? ''];
    if (explain === undefined) throw error;
    throw new OperatorError(
      `DATA_DIR cannot be ${folder}: ${explain(folder)}. Correct that, or set DATA_DIR to another folder.`,
      { cause: error },
    );
  }
}

/** By the code of the system's error. */
const REASONS: Record<string, (folder: string) => string> = {
  EEXIST: () => 'it is a file',
  ENOTDIR: () => 'a part of the path is a file',
  // a wrong path, or a disk that is not mounted, must not look like a new installation
  ENOENT: (folder) => `the folder ${dirname(folder)} does not exist`,
  EACCES: () => 'this user may not write there',
  EPERM: () => 'this user may not write there',
  EROFS: () => 'it is on a read-only file system',
  ENOSPC: () => 'the disk is full',
};

function open(folder: string): DataFolder {
  createFolder(folder);
  const pidFile = join(folder, 'pid');
  const owner = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
  if (owner > 0 && owner !== process.pid && isRunning(owner, PROGRAM)) {
    throw new OperatorError(
      `${folder} is in use by process ${owner}, another npm start: stop that process, or set DATA_DIR to another folder.`,
    );
  }
  writeFileSync(pidFile, String(process.pid));
  return {
    path: folder,
    secrets: openSecrets(folder),
    keepForCommands: (settings) => writeSecretFile(join(folder, 'auth.json'), settings),
  };
}

function createFolder(folder: string): void {
  try {
    // other users may pass through, since PostgreSQL runs as another user under root; the content is closed to them
    mkdirSync(folder, { mode: 0o711 });
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST' && statSync(folder).isDirectory();
    if (!exists) throw error;
  }
}

/** Creates each secret once, also a secret that is missing in a folder of an earlier version. */
function openSecrets(folder: string): Secrets {
  const file = join(folder, 'secrets.json');
  const existing: Partial<Secrets> | null = existsSync(file) ? readSecrets(file) : {};
  const hasData = NEEDS_SECRETS.some((name) => existsSync(join(folder, name)));
  if (hasData && OPENS_DATA.some((name) => typeof existing?.[name] !== 'string')) throw lost(file);
  const secret = () => randomBytes(32).toString('base64url');
  const secrets: Secrets = {
    superuserPassword: secret(),
    authOwnerDatabasePassword: secret(),
    authDatabasePassword: secret(),
    customersDatabasePassword: secret(),
    authRedisPassword: secret(),
    customersRedisPassword: secret(),
    keyEncryptionKey: secret(),
    ...existing,
  };
  writeSecretFile(file, secrets);
  return secrets;
}

function readSecrets(file: string): Partial<Secrets> | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw error instanceof SyntaxError ? lost(file) : error;
  }
}

function lost(file: string): OperatorError {
  return new OperatorError(
    `${file} is missing or damaged, and the data beside it cannot be opened without its secrets: restore that file from a backup, or move the folder away to start with new data.`,
  );
}

/** Replaces the file in one step: a crash leaves the old content or the new. */
function writeSecretFile(file: string, content: object): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
