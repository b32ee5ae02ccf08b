import { parseArgs } from 'node:util';
import { loadConfig, OperatorError, run } from '@pair/service-kit';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { Client } from './clients/client.ts';
import { addClient, listClients, removeClient, rotateClientSecret } from './commands/manage-clients.ts';
import { withPostgres } from './commands/stores.ts';
import { ClientsConfigSchema } from './config.ts';

const USAGE = `Usage:
  clients add <id> [--public] [--redirect-uri <uri>]… [--grant <grant>]… [--scope <scope>]… [--introspect]
  clients list
  clients rotate-secret <id>
  clients remove <id>
Grants are authorization_code, refresh_token and client_credentials; scopes are customers:read, customers:write and
users:admin. A secret is made and shown once, unless the client is public.`;

type Arguments = ReturnType<typeof parse>;

type Command = (db: NodePgDatabase, args: Arguments) => Promise<string>;

const commands = new Map<string, Command>(
  Object.entries<Command>({
    async add(db, { id, values }) {
      const client = requireId(id);
      const secret = await addClient(db, {
        id: client,
        isPublic: values.public,
        redirectUris: values['redirect-uri'],
        grants: values.grant,
        scopes: values.scope,
        mayIntrospect: values.introspect,
      });
      return `The client "${client}" is added.\n${secret === undefined ? '' : `Its secret, shown only now: ${secret}\n`}`;
    },
    async list(db) {
      const clients = await listClients(db);
      return clients.length === 0
        ? 'There are no clients but the built-in ones.\n'
        : clients.map(line).join('');
    },
    async 'rotate-secret'(db, { id }) {
      const secret = await rotateClientSecret(db, requireId(id));
      return `The secret before is refused from now on. The new one, shown only now: ${secret}\n`;
    },
    async remove(db, { id }) {
      await removeClient(db, requireId(id));
      return `The client "${id}" is removed. Its access tokens are good for ten more minutes at most.\n`;
    },
  }),
);

/** `node dist/clients.js`: OAuth 2.0 clients, beside the built-in ones. */
await run(async () => {
  const args = parse(process.argv.slice(2));
  const command = commands.get(args.command);
  if (command === undefined || args.others.length > 0) throw new OperatorError(USAGE);
  const { DATABASE_URL } = loadConfig(ClientsConfigSchema, process.env);
  process.stdout.write(await withPostgres(DATABASE_URL, (db) => command(db, args)));
});

function parse(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        public: { type: 'boolean', default: false },
        introspect: { type: 'boolean', default: false },
        'redirect-uri': { type: 'string', multiple: true, default: [] },
        grant: { type: 'string', multiple: true, default: [] },
        scope: { type: 'string', multiple: true, default: [] },
      },
    });
    const [command = '', id, ...others] = positionals;
    return { command, id, others, values };
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}\n${USAGE}`);
  }
}

function requireId(id: string | undefined): string {
  if (id === undefined) throw new OperatorError(USAGE);
  return id;
}

function line({ id, secretHash, redirectUris, grants, scopes, mayIntrospect }: Client): string {
  const parts = [
    id,
    secretHash === null ? 'public' : 'confidential',
    grants.join(' '),
    scopes.join(' '),
    ...redirectUris,
    mayIntrospect ? 'may introspect' : '',
  ];
  return `${parts.filter((part) => part !== '').join('\t')}\n`;
}
