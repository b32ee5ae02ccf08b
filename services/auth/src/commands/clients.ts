import { SCOPES } from '@pair/access-token';
import { DatabaseConfigSchema, loadJobConfig, UsageError } from '@pair/service-kit';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { type ClientRow, GRANTS } from '../db/schema.ts';
import { defineCommand, defineGroup } from './command.ts';
import { addClient, changeClient, listClients, removeClient, rotateClientSecret } from './manage-clients.ts';
import { withPostgres } from './stores.ts';

const NAME = {
  value: 'name',
  summary: 'The name that users read on the sign-in page; without one they read the id',
} as const;
const REDIRECT_URI = {
  value: 'uri',
  multiple: true,
  summary: 'A redirect URI, for authorization_code; repeat it for more',
} as const;
const SCOPE = {
  value: 'scope',
  multiple: true,
  summary: `A scope that its tokens may have, of ${SCOPES.join(', ')}; repeat it for more`,
} as const;

const DPOP = {
  summary: 'The client gets only tokens that are bound to a key of it (DPoP, RFC 9449)',
} as const;

const add = defineCommand({
  name: 'clients add',
  summary: 'Add an OAuth 2.0 client, and print its secret once',
  operands: ['id'],
  options: {
    name: NAME,
    public: { summary: 'The client can keep no secret, such as an app in a browser or on a phone' },
    grant: {
      value: 'grant',
      multiple: true,
      summary: `A grant, of ${GRANTS.join(', ')}; repeat it for more`,
    },
    'redirect-uri': REDIRECT_URI,
    scope: SCOPE,
    introspect: { summary: 'The client may introspect the tokens of any client (RFC 7662)' },
    dpop: DPOP,
  },
  details: `For example, a program that runs at night:
  clients add nightly-job --name "Nightly job" --grant client_credentials --scope customers:read`,
  async run({ id, options }, { env }) {
    const secret = await inDatabase(env, (db) =>
      addClient(db, {
        id,
        name: options.name,
        isPublic: options.public,
        redirectUris: options['redirect-uri'],
        grants: options.grant,
        scopes: options.scope,
        mayIntrospect: options.introspect,
        dpopBoundAccessTokens: options.dpop,
      }),
    );
    const added = `The client "${id}" is added.\n`;
    return secret === undefined ? added : `${added}Its secret (shown once): ${secret}\n`;
  },
});

const set = defineCommand({
  name: 'clients set',
  summary: 'Change the name, the redirect URIs or the scopes of a client, or whether it must use DPoP',
  operands: ['id'],
  options: {
    name: NAME,
    'redirect-uri': REDIRECT_URI,
    scope: SCOPE,
    dpop: DPOP,
    'no-dpop': { summary: 'The client may have Bearer tokens too' },
  },
  details: `The given redirect URIs replace all redirect URIs, and so do scopes. A new redirect URI counts at once. A removed scope is
in no token from the next refresh on: the older access tokens expire within ten minutes. With --dpop the client gets no token
without a proof of its key from now on, and its next refresh binds a session to that key.`,
  async run({ id, options }, { env }) {
    const { name, 'redirect-uri': redirectUris, scope: scopes, dpop, 'no-dpop': noDpop } = options;
    if (dpop && noDpop) throw new UsageError('Give --dpop or --no-dpop, not both.');
    const dpopBoundAccessTokens = dpop || noDpop ? dpop : undefined;
    await inDatabase(env, (db) =>
      changeClient(db, id, { name, redirectUris, scopes, dpopBoundAccessTokens }),
    );
    return `The client "${id}" is changed.\n`;
  },
});

const list = defineCommand({
  name: 'clients list',
  summary: 'List the clients, except the built-in ones',
  options: { json: { summary: 'Print an array of objects, with the names of RFC 7591' } },
  async run({ options }, { env }) {
    const clients = await inDatabase(env, listClients);
    if (options.json) return `${JSON.stringify(clients.map(present), null, 2)}\n`;
    return clients.length === 0 ? 'There are only the built-in clients.\n' : clients.map(line).join('');
  },
});

const rotateSecret = defineCommand({
  name: 'clients rotate-secret',
  summary: 'Give a client a new secret, and refuse the old one at once',
  operands: ['id'],
  async run({ id }, { env }) {
    const secret = await inDatabase(env, (db) => rotateClientSecret(db, id));
    return `The old secret no longer works. New secret (shown once): ${secret}\n`;
  },
});

const remove = defineCommand({
  name: 'clients remove',
  summary: 'Remove a client, and refuse its refresh tokens at once',
  operands: ['id'],
  async run({ id }, { env }) {
    await inDatabase(env, (db) => removeClient(db, id));
    return `The client "${id}" is removed. Its access tokens expire within ten minutes.\n`;
  },
});

/** Manages the OAuth 2.0 clients other than the built-in ones. */
export const clientsCommand = defineGroup({
  name: 'clients',
  summary: 'Add, list, change and remove OAuth 2.0 clients, and rotate their secrets',
  usage: 'clients <command> [arguments]',
  commands: [list, add, set, rotateSecret, remove],
});

function inDatabase<T>(env: NodeJS.ProcessEnv, work: (db: NodePgDatabase) => Promise<T>): Promise<T> {
  return withPostgres(loadJobConfig(DatabaseConfigSchema, env).DATABASE_URL, work);
}

function present(client: ClientRow) {
  return {
    client_id: client.id,
    client_name: client.name,
    public: client.secretHash === null,
    redirect_uris: client.redirectUris,
    grant_types: client.grants,
    scope: client.scopes.join(' '),
    may_introspect: client.mayIntrospect,
    dpop_bound_access_tokens: client.dpopBoundAccessTokens,
    created_at: client.createdAt.toISOString(),
  };
}

function line(client: ClientRow): string {
  const { id, name, secretHash, redirectUris, grants, scopes } = client;
  const parts = [
    id,
    name === null ? '' : `"${name}"`,
    secretHash === null ? 'public' : 'confidential',
    grants.join(' '),
    scopes.join(' '),
    ...redirectUris,
    client.mayIntrospect ? 'may introspect' : '',
    client.dpopBoundAccessTokens ? 'DPoP' : '',
  ];
  return `${parts.filter((part) => part !== '').join('\t')}\n`;
}
