import { parseArgs } from 'node:util';
import { loadConfig, OperatorError } from '@pair/service-kit';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { Client } from '../clients/client.ts';
import { ClientsConfigSchema } from '../config.ts';
import type { Command } from './command.ts';
import { addClient, listClients, removeClient, rotateClientSecret } from './manage-clients.ts';
import { withPostgres } from './stores.ts';

const USAGE = `Usage:
  clients add <id> [--public] [--redirect-uri <uri>]… [--grant <grant>]… [--scope <scope>]… [--introspect]
  clients list
  clients rotate-secret <id>
  clients remove <id>
Grants are authorization_code, refresh_token and client_credentials; scopes are customers:read, customers:write and
users:admin. A client gets a secret, which is shown once, unless it is public.`;

/** Manages the OAuth 2.0 clients other than the built-in ones. */
export const clientsCommand: Command = {
  summary: 'Add, list and remove OAuth 2.0 clients, and rotate their secrets',
  usage: USAGE,
  async run(args, { env }) {
    const parsed = parse(args);
    const action = ACTIONS.get(parsed.action);
    if (action === undefined || parsed.others.length > 0) throw new OperatorError(USAGE);
    const { DATABASE_URL } = loadConfig(ClientsConfigSchema, env);
    return withPostgres(DATABASE_URL, (db) => action(db, parsed));
  },
};

type Arguments = ReturnType<typeof parse>;
type Action = (db: NodePgDatabase, args: Arguments) => Promise<string>;

const ACTIONS = new Map<string, Action>([
  ['add', add],
  ['list', list],
  ['rotate-secret', rotateSecret],
  ['remove', remove],
]);

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
    const [action = '', id, ...others] = positionals;
    return { action, id, others, values };
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}\n${USAGE}`);
  }
}

async function add(db: NodePgDatabase, args: Arguments): Promise<string> {
  const id = requireId(args);
  const { public: isPublic, 'redirect-uri': redirectUris, grant, scope, introspect } = args.values;
  const secret = await addClient(db, {
    id,
    isPublic,
    redirectUris,
    grants: grant,
    scopes: scope,
    mayIntrospect: introspect,
  });
  const added = `The client "${id}" is added.\n`;
  return secret === undefined ? added : `${added}Its secret (shown once): ${secret}\n`;
}

async function list(db: NodePgDatabase): Promise<string> {
  const clients = await listClients(db);
  return clients.length === 0 ? 'There are only the built-in clients.\n' : clients.map(line).join('');
}

async function rotateSecret(db: NodePgDatabase, args: Arguments): Promise<string> {
  const secret = await rotateClientSecret(db, requireId(args));
  return `The old secret no longer works. New secret (shown once): ${secret}\n`;
}

async function remove(db: NodePgDatabase, args: Arguments): Promise<string> {
  const id = requireId(args);
  await removeClient(db, id);
  return `The client "${id}" is removed. Its access tokens expire within ten minutes.\n`;
}

function requireId({ id }: Arguments): string {
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
