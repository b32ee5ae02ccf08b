import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isRunning } from '@pair/local-stores';
import { OperatorError } from '@pair/service-kit';

/** Where everything lives that must survive a restart. */
export interface DataFolder {
  path: string;
  secrets: Secrets;
  /** Writes down what the commands of auth are told: see auth-command.mjs. */
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

/** What tells a process of ours by its command line. */
const PROGRAM = 'start.mjs';

/**
 * Opens the folder, or makes it with new secrets, and marks it as this process's.
 *
 * @throws {OperatorError} when another process works with it
 */
export function openDataFolder(path: string): DataFolder {
  const folder = resolve(path);
  // others may pass through: under root, PostgreSQL runs as another user. What is inside is closed to them
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const pidFile = join(folder, 'pid');
  const owner = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
  if (owner > 0 && owner !== process.pid && isRunning(owner, PROGRAM)) {
    throw new OperatorError(
      `${folder} is in use by process ${owner}, another npm start: stop that one, or set DATA_DIR to another folder.`,
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

/** Makes each secret once: those that a folder from an earlier version lacks too. */
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

/** In one step. */
function writeSecretFile(file: string, content: object): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
