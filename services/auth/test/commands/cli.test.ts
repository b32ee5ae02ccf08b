import { startProcess } from '@pair/test-kit';
import t from 'tap';
import { clientsCommand } from '../../src/commands/clients.ts';
import { migrateCommand } from '../../src/commands/migrate.ts';
import { resealSigningKeysCommand } from '../../src/commands/reseal-signing-keys.ts';
import { revokeSigningKeyCommand } from '../../src/commands/revoke-signing-key.ts';
import { rotateSigningKeyCommand } from '../../src/commands/rotate-signing-key.ts';
import { setPasswordCommand } from '../../src/commands/set-password.ts';

const COMMANDS = [
  { name: 'migrate', command: migrateCommand, args: [] },
  { name: 'set-password', command: setPasswordCommand, args: ['admin'] },
  { name: 'clients', command: clientsCommand, args: ['list'] },
  { name: 'rotate-signing-key', command: rotateSigningKeyCommand, args: [] },
  { name: 'revoke-signing-key', command: revokeSigningKeyCommand, args: ['--all'] },
  { name: 'reseal-signing-keys', command: resealSigningKeysCommand, args: [] },
];
const WITHOUT_SETTINGS = { env: {}, stdin: process.stdin };

async function cli(...args: string[]): Promise<{ code: number | null; output: string }> {
  const command = await startProcess(t, { entry: 'services/auth/dist/cli.js', args, env: {} });
  return { code: await command.exited, output: command.output() };
}

t.test(
  'without a command, with an unknown command and with --help, the CLI lists the commands',
  async (t) => {
    const list = COMMANDS.map(({ name, command }) => `  ${name.padEnd(22)}${command.summary}\n`).join('');
    t.match(await cli('--help'), { code: 0, output: list });
    t.match(await cli(), { code: 1, output: list });
    t.match(await cli('toString'), { code: 1, output: list });
  },
);

t.test('a command shows its arguments with --help', async (t) => {
  t.same(await cli('clients', '--help'), { code: 0, output: `${clientsCommand.usage}\n` });
});

t.test('wrong arguments print the usage of the command', async (t) => {
  for (const { name, command } of COMMANDS) {
    t.match(command.usage, new RegExp(`^Usage:\\s+${name}\\b`));
    const wrong = command.run(['one', 'two'], WITHOUT_SETTINGS);
    await t.rejects(wrong, { name: 'OperatorError', message: command.usage }, name);
  }
});

t.test('a command names the settings that are missing', async (t) => {
  for (const { name, command, args } of COMMANDS) {
    const unset = command.run(args, WITHOUT_SETTINGS);
    await t.rejects(unset, { name: 'ConfigError', message: /DATABASE_URL is missing/ }, name);
  }
});
