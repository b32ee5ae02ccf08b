import type { Scope } from '@pair/access-token';
import { OperatorError, UsageError } from '@pair/service-kit';
import { eq } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { insertSecurityEvents, type SecurityEventName } from '../audit/security-events.ts';
import { builtInClients, CLIENT_ID_PATTERN } from '../clients/client.ts';
import { hashClientSecret, newClientSecret } from '../clients/client-secret.ts';
import { redirectUriFault } from '../clients/redirect-uri.ts';
import { type ClientRow, GRANTS, type Grant, clients as table } from '../db/schema.ts';
import { requireKnown, requireKnownScopes } from './known-names.ts';

/**
 * No control characters, and no marks that turn the direction of the text: the name stands in a sentence of the sign-in page.
 */
const CLIENT_NAME = /^(?=.{1,64}$)[^\p{C}\p{Z}]+(?: [^\p{C}\p{Z}]+)*$/u;

/**
 * A client as an operator describes it. A public client, such as an app in a browser or on a phone, can keep no secret.
 */
export interface NewClient {
  id: string;
  /** The name on the sign-in page. */
  name?: string | undefined;
  isPublic: boolean;
  redirectUris: string[];
  grants: string[];
  scopes: string[];
  mayIntrospect: boolean;
  /** True to give it no Bearer tokens (RFC 9449 §5.2). */
  dpopBoundAccessTokens?: boolean;
}

/**
 * Adds a client. Resolves to its secret, of which only a hash is stored; undefined for a public client.
 *
 * @throws {OperatorError} when the description breaks a rule, or the id is taken
 */
export async function addClient(db: NodePgDatabase, client: NewClient): Promise<string | undefined> {
  const { id, name, isPublic, redirectUris, mayIntrospect, dpopBoundAccessTokens } = client;
  requireGoodId(id);
  const { grants, scopes } = requireGoodClient(client);
  const secret = isPublic ? undefined : newClientSecret();
  const secretHash = secret === undefined ? null : hashClientSecret(secret);
  const { rowCount } = await db
    .insert(table)
    .values({ id, name, secretHash, redirectUris, grants, scopes, mayIntrospect, dpopBoundAccessTokens })
    .onConflictDoNothing();
  if (rowCount !== 1) throw new OperatorError(`There is a client "${id}" already: choose another id.`);
  await record(db, 'client_added', id);
  return secret;
}

/** Lists all clients except the built-in ones. */
export function listClients(db: NodePgDatabase): Promise<ClientRow[]> {
  return db.select().from(table).orderBy(table.id);
}

/** An empty list leaves the redirect URIs, or the scopes, as they are. */
export interface ClientChange {
  name: string | undefined;
  redirectUris: string[];
  scopes: string[];
  /** Undefined leaves it as it is. */
  dpopBoundAccessTokens: boolean | undefined;
}

/**
 * Changes a client, which must then obey the same rules as a new one.
 *
 * @throws {OperatorError} when there is no such client, nothing is to change, or a rule is broken
 */
export async function changeClient(db: NodePgDatabase, id: string, change: ClientChange): Promise<void> {
  const { name, redirectUris, scopes, dpopBoundAccessTokens } = change;
  const isEmpty = name === undefined && redirectUris.length === 0 && scopes.length === 0;
  if (isEmpty && dpopBoundAccessTokens === undefined) {
    throw new UsageError(
      'There is nothing to change: give --name, --redirect-uri, --scope, --dpop or --no-dpop.',
    );
  }
  const client = await lockClient(db, id);
  if (redirectUris.length > 0 && !client.grants.includes('authorization_code')) {
    throw new UsageError(
      `The client "${id}" takes no redirect URI without the grant authorization_code: add a client that has it.`,
    );
  }
  const after = {
    ...client,
    name: name ?? client.name ?? undefined,
    isPublic: client.secretHash === null,
    redirectUris: redirectUris.length > 0 ? redirectUris : client.redirectUris,
    scopes: scopes.length > 0 ? scopes : client.scopes,
  };
  const { scopes: goodScopes } = requireGoodClient(after);
  await db
    .update(table)
    .set({ name: after.name, redirectUris: after.redirectUris, scopes: goodScopes, dpopBoundAccessTokens })
    .where(eq(table.id, id));
  await record(db, 'client_changed', id, goodScopes.join(' '));
}

/**
 * Resolves to a new secret. The old secret is refused at once.
 *
 * @throws {OperatorError} when there is no such client, or it is public
 */
export async function rotateClientSecret(db: NodePgDatabase, id: string): Promise<string> {
  const secret = newClientSecret();
  const client = await lockClient(db, id);
  if (client.secretHash === null)
    throw new OperatorError(`The client "${id}" is public: it has no secret to rotate.`);
  await db
    .update(table)
    .set({ secretHash: hashClientSecret(secret) })
    .where(eq(table.id, id));
  await record(db, 'client_secret_rotated', id);
  return secret;
}

/**
 * Removes a client. Its refresh tokens are refused at once; its access tokens live on for up to ten minutes.
 *
 * @throws {OperatorError} when there is no such client
 */
export async function removeClient(db: NodePgDatabase, id: string): Promise<void> {
  const { rowCount } = await db.delete(table).where(eq(table.id, id));
  if (rowCount !== 1) throw noClient(id);
  await record(db, 'client_removed', id);
}

async function lockClient(db: NodePgDatabase, id: string): Promise<ClientRow> {
  const [client] = await db.select().from(table).where(eq(table.id, id)).for('update');
  if (client === undefined) throw noClient(id);
  return client;
}

function record(
  db: NodePgDatabase,
  event: SecurityEventName,
  clientId: string,
  detail?: string,
): Promise<void> {
  return insertSecurityEvents(db, [{ event, outcome: 'succeeded', clientId, detail }]);
}

function noClient(id: string): OperatorError {
  const isBuiltIn = builtInClients('').some((client) => client.id === id);
  return new OperatorError(
    isBuiltIn
      ? `The client "${id}" is built in: you cannot change it.`
      : 'There is no such client: "clients list" shows the clients.',
  );
}

/** @throws {UsageError} with the first broken rule */
function requireGoodId(id: string): void {
  if (!CLIENT_ID_PATTERN.test(id)) {
    throw new UsageError(
      'The id must have 3 to 64 characters of a-z, 0-9, dot, underscore and hyphen, and begin with a letter or a digit.',
    );
  }
  if (/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(id)) {
    throw new UsageError('The id must not be a UUID, because the ids of users are: choose another id.');
  }
  if (builtInClients('').some((builtIn) => builtIn.id === id))
    throw new UsageError(`The client "${id}" is built in: choose another id.`);
}

/** @throws {UsageError} with the first broken rule */
function requireGoodClient(client: Omit<NewClient, 'id'>): { grants: Grant[]; scopes: Scope[] } {
  const { name, isPublic, redirectUris, mayIntrospect } = client;
  if (name !== undefined && !CLIENT_NAME.test(name)) {
    throw new UsageError('The name must have 1 to 64 visible characters and single spaces between them.');
  }
  const grants = requireKnown('grant', client.grants, GRANTS);
  const scopes = requireKnownScopes(client.scopes);
  if (grants.length === 0 && !mayIntrospect)
    throw new UsageError('A client needs a grant, or --introspect: give one of them.');
  if (grants.length > 0 && scopes.length === 0) {
    throw new UsageError('A client with a grant needs a scope, or its tokens allow nothing: give a scope.');
  }
  if (isPublic && (mayIntrospect || grants.includes('client_credentials'))) {
    throw new UsageError(
      'A public client cannot authenticate: leave out client_credentials and --introspect, or --public.',
    );
  }
  for (const uri of redirectUris) {
    const fault = redirectUriFault(uri);
    if (fault !== undefined) throw new UsageError(`A redirect URI ${fault}.`);
  }
  if (grants.includes('authorization_code') !== redirectUris.length > 0) {
    throw new UsageError(
      'Redirect URIs and the grant authorization_code belong together: give both, or neither.',
    );
  }
  if (grants.includes('refresh_token') && !grants.includes('authorization_code')) {
    throw new UsageError('Refresh tokens come with a code: add the grant authorization_code.');
  }
  return { grants, scopes };
}
