import { clientsCommand } from './clients.ts';
import { defineGroup } from './command.ts';
import { migrateCommand } from './migrate.ts';
import { resealSigningKeysCommand } from './reseal-signing-keys.ts';
import { revokeSigningKeyCommand } from './revoke-signing-key.ts';
import { rotateSigningKeyCommand } from './rotate-signing-key.ts';
import { setPasswordCommand } from './set-password.ts';
import { usersCommand } from './users.ts';

/** All commands of the operator. */
export const program = defineGroup({
  name: '',
  summary: 'Administer auth: its users, its OAuth 2.0 clients and its signing keys',
  usage: 'node dist/cli.js <command> [arguments], or npm run auth -- <command> [arguments]',
  commands: [
    migrateCommand,
    usersCommand,
    // the short name is older, and locked-out admins find it in error messages
    { ...setPasswordCommand, name: 'set-password', summary: 'The same as users set-password' },
    clientsCommand,
    rotateSigningKeyCommand,
    revokeSigningKeyCommand,
    resealSigningKeysCommand,
  ],
});
