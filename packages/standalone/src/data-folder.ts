import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isRunning } from '@pair/local-stores';
import { OperatorError } from '@pair/service-kit';

/** The folder of all data that must survive a restart. */
export interface DataFolder {
  path: string;
  secrets: Secrets;
  /** Writes the settings that the commands of auth read: see auth-command.mjs. */
  keepForCommands(settings: CommandSettings): void;
}

interface CommandSettings {
  DATABASE_URL: string;
  REDIS_URL: string;
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

/** The command line of every `npm start` contains this name. */
const PROGRAM = 'start.mjs';

/**
 * Opens the folder, or creates it with new secrets, and writes the id of this process into it.
 *
 * @throws {OperatorError} if another process uses the folder
 */
export function openDataFolder(path: string): DataFolder {
  const folder = resolve(path);
  // other users may pass through, since PostgreSQL runs as another user under root; the content is closed to them
  mkdirSync(folder, { recursive: true, mode: 0o711 });
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
    secrets: openSecrets(join(folder, 'secrets.json')),
    keepForCommands: ({ DATABASE_URL, REDIS_URL, KEY_ENCRYPTION_KEY }) =>
      writeSecretFile(join(folder, 'auth.json'), { DATABASE_URL, REDIS_URL, KEY_ENCRYPTION_KEY }),
  };
}

/** Creates each secret once, also a secret that is missing in a folder of an earlier version. */
function openSecrets(file: string): Secrets {
  const existing: Partial<Secrets> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
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

/** Replaces the file in one step: a crash leaves the old content or the new. */
function writeSecretFile(file: string, content: object): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
