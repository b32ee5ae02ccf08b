import { text } from 'node:stream/consumers';
import { loadConfig, OperatorError, run } from '@pair/service-kit';
import { generatePassword } from './commands/first-admin.ts';
import { setPassword } from './commands/set-password.ts';
import { withPostgres, withRedis } from './commands/stores.ts';
import { SetPasswordConfigSchema } from './config.ts';
import { createPasswordHasher } from './passwords/hasher.ts';
import { createSessionStore } from './sessions/session-store.ts';

/** `node dist/set-password.js <username>`: the new password comes from a pipe, or is generated and printed. */
await run(async () => {
  const [username] = process.argv.slice(2);
  if (username === undefined) {
    throw new OperatorError(
      'Usage: set-password <username>, with the new password on standard input or none to generate one',
    );
  }
  const { DATABASE_URL, REDIS_URL } = loadConfig(SetPasswordConfigSchema, process.env);
  const piped = process.stdin.isTTY ? '' : (await text(process.stdin)).replace(/\r?\n$/, '');
  const password = piped === '' ? generatePassword() : piped;
  const done = await withRedis(REDIS_URL, async (redis, clock) => {
    const hasher = await createPasswordHasher();
    const sessions = createSessionStore(redis, clock, { replayWindowSeconds: 0 });
    return withPostgres(DATABASE_URL, (db) => setPassword({ db, sessions, hasher }, username, password));
  });
  process.stdout.write(`The password of "${done.username}" is set, and all its sessions are ended.\n`);
  if (done.wasDisabled) process.stdout.write('The user was disabled, and is enabled now.\n');
  if (done.becameAdmin) process.stdout.write('There was no enabled admin: the user has all scopes now.\n');
  if (piped === '') process.stdout.write(`It is: ${password}\n`);
});
