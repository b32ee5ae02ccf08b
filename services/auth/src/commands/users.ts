import { SCOPES } from '@pair/access-token';
import { DatabaseConfigSchema, loadJobConfig } from '@pair/service-kit';
import { AddUserConfigSchema, StoresConfigSchema } from '../config.ts';
import type { User } from '../db/schema.ts';
import { presentManaged } from '../users/representation.ts';
import { defineCommand, defineGroup } from './command.ts';
import { addUser, deleteUser, listUsers, setDisabled } from './manage-users.ts';
import { PASSWORD_SOURCES, readNewPassword } from './new-password.ts';
import { setPasswordCommand } from './set-password.ts';
import { withPostgres } from './stores.ts';

const list = defineCommand({
  name: 'users list',
  summary: 'List the users by username, with id, state and scopes',
  options: { json: { summary: 'Print an array of the objects that GET /auth/users has' } },
  async run({ options }, { env }) {
    const { DATABASE_URL } = loadJobConfig(DatabaseConfigSchema, env);
    const users = await withPostgres(DATABASE_URL, listUsers);
    return options.json
      ? `${JSON.stringify(users.map(presentManaged), null, 2)}\n`
      : users.map(line).join('');
  },
});

const add = defineCommand({
  name: 'users add',
  summary: 'Add a user',
  operands: ['username'],
  options: {
    scope: {
      value: 'scope',
      multiple: true,
      summary: `A scope of the user, of ${SCOPES.join(', ')}; repeat it for more`,
    },
  },
  details: PASSWORD_SOURCES,
  async run({ username, options }, { env, stdin }) {
    const config = loadJobConfig(AddUserConfigSchema, env);
    const { password, generated } = await readNewPassword(config, stdin);
    const user = await addUser(config.DATABASE_URL, { username, password, scopes: options.scope });
    const added = `The user "${user.username}" is added.\n`;
    return generated === undefined ? added : `${added}The password (shown once): ${generated}\n`;
  },
});

const disable = defineCommand({
  name: 'users disable',
  summary: 'Disable a user and end all sessions of the user, everywhere within a second',
  operands: ['username'],
  async run({ username }, { env }) {
    return (await setDisabled(loadJobConfig(StoresConfigSchema, env), username, true))
      ? `The user "${username}" is disabled, and all sessions of the user have ended.\n`
      : `Nothing was changed: the user "${username}" is disabled already.\n`;
  },
});

const enable = defineCommand({
  name: 'users enable',
  summary: 'Enable a user, who can then sign in again',
  operands: ['username'],
  async run({ username }, { env }) {
    return (await setDisabled(loadJobConfig(StoresConfigSchema, env), username, false))
      ? `The user "${username}" is enabled.\n`
      : `Nothing was changed: the user "${username}" is enabled already.\n`;
  },
});

const remove = defineCommand({
  name: 'users delete',
  summary: 'Delete a user and end all sessions of the user, everywhere within a second',
  operands: ['username'],
  details: 'The audit keeps the id of the user alone. The username is free for another user.',
  async run({ username }, { env }) {
    await deleteUser(loadJobConfig(StoresConfigSchema, env), username);
    return `The user "${username}" is deleted, and all sessions of the user have ended.\n`;
  },
});

export const usersCommand = defineGroup({
  name: 'users',
  summary: 'List, add, disable, enable and delete users, and set their passwords',
  usage: 'users <command> [arguments]',
  commands: [list, add, setPasswordCommand, disable, enable, remove],
});

function line({ id, username, disabled, scopes }: User): string {
  const parts = [username, id, disabled ? 'disabled' : 'enabled', scopes.join(' ')];
  return `${parts.filter((part) => part !== '').join('\t')}\n`;
}
