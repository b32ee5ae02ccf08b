import { OperatorError, run } from '@pair/service-kit';
import { clientsCommand } from './commands/clients.ts';
import type { Command } from './commands/command.ts';
import { migrateCommand } from './commands/migrate.ts';
import { resealSigningKeysCommand } from './commands/reseal-signing-keys.ts';
import { revokeSigningKeyCommand } from './commands/revoke-signing-key.ts';
import { rotateSigningKeyCommand } from './commands/rotate-signing-key.ts';
import { setPasswordCommand } from './commands/set-password.ts';

const COMMANDS = new Map<string, Command>([
  ['migrate', migrateCommand],
  ['set-password', setPasswordCommand],
  ['clients', clientsCommand],
  ['rotate-signing-key', rotateSigningKeyCommand],
  ['revoke-signing-key', revokeSigningKeyCommand],
  ['reseal-signing-keys', resealSigningKeysCommand],
]);

/** `node dist/cli.js <command> [arguments]`: the commands of the operator. */
await run(async () => {
  const [name = '', ...args] = process.argv.slice(2);
  process.stdout.write(await answer(name, args));
});

async function answer(name: string, args: string[]): Promise<string> {
  if (name === '--help') return `${help()}\n`;
  const command = COMMANDS.get(name);
  if (command === undefined) {
    throw new OperatorError(name === '' ? help() : `There is no command "${name}".\n${help()}`);
  }
  return args[0] === '--help' ? `${command.usage}\n` : command.run(args, process);
}

function help(): string {
  const lines = [...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(22)}${summary}`);
  return [
    'Usage: node dist/cli.js <command> [arguments], or npm run auth -- <command> [arguments]',
    ...lines,
    'A command shows its arguments with --help.',
  ].join('\n');
}
