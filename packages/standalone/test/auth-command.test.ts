import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProcess, waitFor } from '@pair/test-kit';
import { t } from 'tap';
import { dataFolder, printedPassword, signIn, start } from './support/start.ts';

// a test starts everything
t.setTimeout(120_000);

/** Variables of a shell for another database. Each would lead a command there, or change the answers of the right one. */
const OTHER_POSTGRES = {
  PGHOST: 'postgres.invalid',
  PGPORT: '1',
  PGUSER: 'stranger',
  PGPASSWORD: 'secret',
  PGDATABASE: 'elsewhere',
  PGSSLMODE: 'require',
  PGOPTIONS: '-c search_path=elsewhere -c default_transaction_read_only=on -c DateStyle=German',
  PGAPPNAME: 'another',
  PGDATA: '/nonexistent',
  PGTZ: 'Pacific/Auckland',
};

t.test(
  'the commands of auth use the stores of the running npm start, not those in the variables of the shell',
  async (t) => {
    const DATA_DIR = dataFolder(t);
    const { url, output } = await start(t, { DATA_DIR, ...OTHER_POSTGRES });
    const auth = async (...args: string[]) => {
      const command = await startProcess(t, {
        entry: 'packages/bootstrap/src/auth-command.mjs',
        args,
        env: { DATA_DIR, ...OTHER_POSTGRES },
        input: '',
      });
      return { code: await command.exited, output: command.output() };
    };

    const client = ['machine', '--grant', 'client_credentials', '--scope', 'customers:read'];
    const added = await auth('clients', 'add', ...client);
    t.equal(added.code, 0, added.output);
    const [, secret = ''] = /\(shown once\): (\S+)/.exec(added.output) ?? [];
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'machine',
      client_secret: secret,
    });
    await waitFor(async () => (await fetch(`${url}/oauth/token`, { method: 'POST', body })).status === 200);

    const changed = await auth('set-password', 'admin');
    t.equal(changed.code, 0, changed.output);
    const [, password = ''] = /\(shown once\): (\S+)/.exec(changed.output) ?? [];
    await waitFor(async () => (await signIn(url, printedPassword(output()) ?? '')).status === 401);
    await waitFor(async () => (await signIn(url, password)).status === 200);

    t.equal(statSync(join(DATA_DIR, 'auth.json')).mode & 0o777, 0o600, 'readable for its owner alone');
    t.match(await auth('migrate'), {
      code: 1,
      output: /^The role of DATABASE_URL may not change the tables: .+\n$/,
    });
  },
);

t.test('a command names the missing npm start, also after an earlier one has ended', async (t) => {
  const DATA_DIR = dataFolder(t);
  for (const wasThere of [false, true]) {
    if (wasThere) {
      mkdirSync(DATA_DIR, { recursive: true });
      writeFileSync(join(DATA_DIR, 'auth.json'), '{}');
      const gone = spawnSync(process.execPath, ['--version']).pid;
      writeFileSync(join(DATA_DIR, 'pid'), String(gone));
    }
    const command = await startProcess(t, {
      entry: 'packages/bootstrap/src/auth-command.mjs',
      args: ['clients', 'list'],
      env: { DATA_DIR },
    });
    t.equal(await command.exited, 1);
    t.match(command.output(), /^No npm start runs on .*: start it, or set DATA_DIR/);
  }
});

t.test('a command names wrong arguments and shows its help without npm start', async (t) => {
  const DATA_DIR = dataFolder(t);
  for (const [args, code, output] of [
    [['foo'], 2, /^There is no such command: choose from migrate, [a-z, -]+, or see --help\.\n$/],
    [['users', 'add'], 2, /^"users add" takes <username> and no other word: .+\n$/],
    [[], 2, /^Usage: /],
    [['users', '--help'], 0, /^Usage: users <command>/],
  ] as const) {
    const command = await startProcess(t, {
      entry: 'packages/bootstrap/src/auth-command.mjs',
      args: [...args],
      env: { DATA_DIR },
    });
    t.equal(await command.exited, code);
    t.match(command.output(), output);
  }
});
