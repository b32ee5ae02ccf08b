import { SCOPES, type Scope } from '@pair/access-token';
import { OperatorError } from '@pair/service-kit';
import { eq } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { insertSecurityEvents, type SecurityEventName } from '../audit/security-events.ts';
import { builtInClients, CLIENT_ID_PATTERN, type Client } from '../clients/client.ts';
import { hashClientSecret, newClientSecret } from '../clients/client-secret.ts';
import { redirectUriFault } from '../clients/redirect-uri.ts';
import { GRANTS, type Grant, clients as table } from '../db/schema.ts';

/**
 * A client as an operator describes it. A public client, such as an app in a browser or on a phone, can keep no secret.
 */
export interface NewClient {
  id: string;
  isPublic: boolean;
  redirectUris: string[];
  grants: string[];
  scopes: string[];
  mayIntrospect: boolean;
}

/**
 * Adds a client. Resolves to its secret, of which only a hash is stored; undefined for a public client.
 *
 * @throws {OperatorError} when the description breaks a rule, or the id is taken
 */
export async function addClient(db: NodePgDatabase, client: NewClient): Promise<string | undefined> {
  const { id, isPublic, redirectUris, mayIntrospect } = client;
  const { grants, scopes } = requireGoodClient(client);
  const secret = isPublic ? undefined : newClientSecret();
  const secretHash = secret === undefined ? null : hashClientSecret(secret);
  const { rowCount } = await db
    .insert(table)
    .values({ id, secretHash, redirectUris, grants, scopes, mayIntrospect })
    .onConflictDoNothing();
  if (rowCount !== 1) throw new OperatorError(`There is a client "${id}" already: choose another id.`);
  await record(db, 'client_added', id);
  return secret;
}

/** Lists all clients except the built-in ones. */
export function listClients(db: NodePgDatabase): Promise<Client[]> {
  return db.select().from(table).orderBy(table.id);
}

/**
 * Resolves to a new secret. The old secret is refused at once.
 *
 * @throws {OperatorError} when there is no such client, or it is public
 */
export async function rotateClientSecret(db: NodePgDatabase, id: string): Promise<string> {
  const secret = newClientSecret();
  const [client] = await db.select().from(table).where(eq(table.id, id)).for('update');
  if (client === undefined) throw noClient(id);
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

function record(db: NodePgDatabase, event: SecurityEventName, clientId: string): Promise<void> {
  return insertSecurityEvents(db, [{ event, outcome: 'succeeded', clientId }]);
}

function noClient(id: string): OperatorError {
  const isBuiltIn = builtInClients('').some((client) => client.id === id);
  return new OperatorError(
    isBuiltIn
      ? `The client "${id}" is built in: you cannot change it.`
      : `There is no client "${id}": "clients list" shows the clients.`,
  );
}

/** @throws {OperatorError} with the first broken rule */
function requireGoodClient(client: NewClient): { grants: Grant[]; scopes: Scope[] } {
  const { id, isPublic, redirectUris, mayIntrospect } = client;
  if (!CLIENT_ID_PATTERN.test(id)) {
    throw new OperatorError(
      'The id must have 3 to 64 characters of a-z, 0-9, dot, underscore and hyphen, and begin with a letter or a digit.',
    );
  }
  if (/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(id)) {
    throw new OperatorError('The id must not be a UUID, because the ids of users are: choose another id.');
  }
  if (builtInClients('').some((builtIn) => builtIn.id === id))
    throw new OperatorError(`The client "${id}" is built in: choose another id.`);
  const grants = requireKnown('grant', client.grants, GRANTS);
  const scopes = requireKnown('scope', client.scopes, SCOPES);
  if (grants.length === 0 && !mayIntrospect)
    throw new OperatorError('A client needs a grant, or --introspect: give one of them.');
  if (grants.length > 0 && scopes.length === 0) {
    throw new OperatorError(
      'A client with a grant needs a scope, or its tokens allow nothing: give a scope.',
    );
  }
  if (isPublic && (mayIntrospect || grants.includes('client_credentials'))) {
    throw new OperatorError(
      'A public client cannot authenticate: leave out client_credentials and --introspect, or --public.',
    );
  }
  for (const uri of redirectUris) {
    const fault = redirectUriFault(uri);
    if (fault !== undefined) throw new OperatorError(`The redirect URI ${uri} ${fault}.`);
  }
  if (grants.includes('authorization_code') !== redirectUris.length > 0) {
    throw new OperatorError(
      'Redirect URIs and the grant authorization_code belong together: give both, or neither.',
    );
  }
  if (grants.includes('refresh_token') && !grants.includes('authorization_code')) {
    throw new OperatorError('Refresh tokens come with a code: add the grant authorization_code.');
  }
  return { grants, scopes };
}

/** Returns the given names in the order of the known ones, each once. */
function requireKnown<T extends string>(what: string, given: string[], known: readonly T[]): T[] {
  const unknown = given.find((name) => !(known as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new OperatorError(`There is no ${what} "${unknown}": choose from ${known.join(', ')}.`);
  }
  return known.filter((name) => given.includes(name));
}
