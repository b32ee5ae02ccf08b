import { Readable } from 'node:stream';
import { startProcess } from '@pair/test-kit';
import t from 'tap';
import { program } from '../../src/commands/program.ts';

/** Each command with right arguments; the groups have an empty list. */
const COMMANDS: Record<string, string[]> = {
  migrate: [],
  'users list': [],
  'users add': ['ada'],
  'users set-password': ['ada'],
  'users disable': ['ada'],
  'users enable': ['ada'],
  'users delete': ['ada'],
  'set-password': ['ada'],
  'clients list': [],
  'clients add': ['web-app'],
  'clients set': ['web-app'],
  'clients rotate-secret': ['web-app'],
  'clients remove': ['web-app'],
  'rotate-signing-key': [],
  'revoke-signing-key': ['--all'],
  'reseal-signing-keys': [],
};

async function cli(...args: string[]): Promise<{ code: number | null; output: string }> {
  const command = await startProcess(t, { entry: 'services/auth/dist/cli.js', args, env: {} });
  return { code: await command.exited, output: command.output() };
}

/** Runs the commands as cli.ts does, without settings. */
const run = (...args: string[]) => program.run(args, { env: {}, stdin: Readable.from([]) });
const answer = (...args: string[]) =>
  run(...args).then(
    (output) => ({ output }),
    ({ name, message }) => ({ name, message }),
  );

t.test('the process prints help, and one sentence and status 2 for wrong arguments', async (t) => {
  const help = await cli('--help');
  t.equal(help.code, 0);
  for (const command of Object.keys(COMMANDS)) t.match(help.output, `  ${command.split(' ')[0]} `);
  t.same(await cli(), { code: 2, output: help.output });
  t.same(await cli('clients', 'list', '--jsonn'), {
    code: 2,
    output: '"clients list" has no options but --json, --help: "clients list --help" shows the arguments.\n',
  });
  t.match(await cli('clients', 'list'), { code: 1, output: /DATABASE_URL is missing/ }, 'right arguments');
});

t.test('an unknown command gets the names of the commands', async (t) => {
  const top =
    'migrate, users, set-password, clients, rotate-signing-key, revoke-signing-key, reseal-signing-keys';
  for (const word of ['toString', 'user', '--version']) {
    t.same(await answer(word), {
      name: 'UsageError',
      message: `There is no such command: choose from ${top}, or see --help.`,
    });
  }
  t.match(await answer('users', 'rename', 'ada'), {
    message:
      /^There is no such command: choose from list, add, set-password, disable, enable, delete, or see --help\.$/,
  });
});

t.test('every command and every group shows its arguments with --help, anywhere', async (t) => {
  for (const group of ['users', 'clients']) {
    const { output } = (await answer(group, '--help')) as { output: string };
    t.match(output, new RegExp(`^Usage: ${group} <command>`));
    for (const command of Object.keys(COMMANDS).filter((name) => name.startsWith(`${group} `))) {
      t.match(output, `  ${command.split(' ')[1]} `);
    }
  }
  for (const [command, args] of Object.entries(COMMANDS)) {
    const words = command.split(' ');
    const { output } = (await answer(...words, '--help')) as { output: string };
    t.match(output, /^Usage: \S.*\[options\]\n\n[A-Z].*\.\n/s, command);
    t.match(output, '  --help');
    t.same(await answer(...words, ...args, '--help'), { output }, 'after other arguments');
  }
  t.match(await answer('users', 'add', '--help'), { output: /<username>.*NEW_PASSWORD.*--scope <scope>/s });
});

t.test('wrong arguments are one sentence that names the help, and repeats no unknown word', async (t) => {
  const wrong: [line: string, message: string][] = [
    ['users add', '"users add" takes <username> and no other word'],
    ['users add ada hunter2', '"users add" takes <username> and no other word'],
    ['users add ada --password=hunter2', '"users add" has no options but --scope, --help'],
    ['users add ada --scope', 'The option --scope needs a value'],
    ['users add ada --scope --json', 'The option --scope needs a value'],
    ['users list --json=hunter2', 'The option --json takes no value'],
    ['users list --json --json', 'The option --json is given twice'],
    ['users list --constructor', '"users list" has no options but --json, --help'],
    ['migrate --hunter2', '"migrate" has no options but --help'],
    ['clients set web-app --name= ', 'The option --name needs a value'],
    ['clients set web-app --name A --name B', 'The option --name is given twice'],
    ['migrate now', '"migrate" takes no words'],
    ['revoke-signing-key', '"revoke-signing-key" takes a kid or --all'],
    ['revoke-signing-key a --all', '"revoke-signing-key" takes a kid or --all'],
    ['revoke-signing-key a b', '"revoke-signing-key" takes [<kid>] and no other word'],
  ];
  for (const [line, message] of wrong) {
    const args = line.trim().split(' ');
    const [, name = ''] = /^"?((?:users |clients )?[a-z-]+)/.exec(line) ?? [];
    t.same(await answer(...args), {
      name: 'UsageError',
      message: `${message}: "${name} --help" shows the arguments.`,
    });
  }
});

t.test('a word may begin with a hyphen, as a kid does at times', async (t) => {
  t.match(await answer('revoke-signing-key', '-kid'), { name: 'ConfigError' });
  t.match(await answer('revoke-signing-key', '--', '--kid'), { name: 'ConfigError' });
});

t.test('a command names the settings that are missing', async (t) => {
  for (const [command, args] of Object.entries(COMMANDS)) {
    t.match(
      await answer(...command.split(' '), ...args),
      { name: 'ConfigError', message: /DATABASE_URL is missing/ },
      command,
    );
  }
});
