import { Readable } from 'node:stream';
import { OperatorError, UsageError } from '@pair/service-kit';
import type { Command } from '../../src/commands/command.ts';
import { type RevokedKeys, revokeSigningKeys } from '../../src/commands/revoke-signing-key.ts';
import { type KeyRotation, rotateSigningKey } from '../../src/commands/rotate-signing-key.ts';
import { withPostgres, withRedis } from '../../src/commands/stores.ts';
import { keyAnnouncer } from '../../src/keys/announce-keys.ts';

interface StoreUrls {
  DATABASE_URL: string;
  REDIS_URL: string;
}

/** Runs a command as cli.ts does, with an empty standard input or the given one. `output` is standard output, or standard error. */
export async function runCommand(
  command: Command,
  args: string[],
  env: NodeJS.ProcessEnv,
  input = '',
): Promise<{ code: 0 | 1 | 2; output: string }> {
  try {
    return { code: 0, output: await command.run(args, { env, stdin: Readable.from([Buffer.from(input)]) }) };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { code: error instanceof UsageError ? 2 : 1, output: `${error.message}\n` };
  }
}

/** Runs rotate-signing-key at a time that the test chooses. */
export function rotate(databaseUrl: string, nowMs: number): Promise<KeyRotation> {
  return withPostgres(databaseUrl, (db) => rotateSigningKey(db, nowMs));
}

/** Runs revoke-signing-key at a time that the test chooses. */
export function revoke(
  { DATABASE_URL, REDIS_URL }: StoreUrls,
  which: string | 'all',
  nowMs?: number,
): Promise<RevokedKeys> {
  return withRedis({ REDIS_URL }, (redis, clock) =>
    withPostgres(DATABASE_URL, (db) => revokeSigningKeys(db, keyAnnouncer(redis, clock), which, nowMs)),
  );
}
