import { SCOPES, type Scope } from '@pair/access-token';
import { connectionSettings, OperatorError } from '@pair/service-kit';
import { eq } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { insertSecurityEvents, type SecurityEventName } from '../audit/security-events.ts';
import { builtInClients, CLIENT_ID_PATTERN, type Client } from '../clients/client.ts';
import { hashClientSecret, newClientSecret } from '../clients/client-secret.ts';
import { redirectUriFault } from '../clients/redirect-uri.ts';
import { GRANTS, type Grant, clients as table } from '../db/schema.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/** A client as an operator describes it. A public one can keep no secret: an app in a browser or on a phone. */
export interface NewClient {
  id: string;
  isPublic: boolean;
  redirectUris: string[];
  grants: string[];
  scopes: string[];
  mayIntrospect: boolean;
}

export interface ClientRegistry {
  /** Returns the secret, which is shown this once; undefined for a public client. */
  add(client: NewClient): Promise<string | undefined>;
  list(): Promise<Client[]>;
  /** A new secret; the one before is refused at once. */
  rotateSecret(id: string): Promise<string>;
  /** Its refresh tokens are refused at once; access tokens live on for up to ten minutes. */
  remove(id: string): Promise<void>;
}

/**
 * For the operator's commands: reads and changes the clients of a database. Each change is among the security events, in
 * one transaction. All methods throw OperatorError.
 */
export async function withClientRegistry<T>(
  databaseUrl: string,
  work: (registry: ClientRegistry) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    ...connectionSettings(databaseUrl),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  try {
    await client.connect();
  } catch (cause) {
    throw new OperatorError(`PostgreSQL cannot be reached: ${(cause as Error).message}`, { cause });
  }
  try {
    return await work(clientRegistry(drizzle({ client })));
  } finally {
    await client.end();
  }
}

function clientRegistry(db: NodePgDatabase): ClientRegistry {
  const record = (tx: Pick<NodePgDatabase, 'insert'>, event: SecurityEventName, clientId: string) =>
    insertSecurityEvents(tx as NodePgDatabase, [{ event, outcome: 'succeeded', clientId }]);

  return {
    async add(client) {
      const { id, isPublic, redirectUris, mayIntrospect } = client;
      const { grants, scopes } = requireGoodClient(client);
      const secret = isPublic ? undefined : newClientSecret();
      const secretHash = secret === undefined ? null : hashClientSecret(secret);
      await db.transaction(async (tx) => {
        const { rowCount } = await tx
          .insert(table)
          .values({ id, secretHash, redirectUris, grants, scopes, mayIntrospect })
          .onConflictDoNothing();
        if (rowCount !== 1) throw new OperatorError(`There is a client "${id}" already.`);
        await record(tx, 'client_added', id);
      });
      return secret;
    },

    list: () => db.select().from(table).orderBy(table.id),

    async rotateSecret(id) {
      const secret = newClientSecret();
      await db.transaction(async (tx) => {
        const [client] = await tx.select().from(table).where(eq(table.id, id)).for('update');
        if (client === undefined) throw noClient(id);
        if (client.secretHash === null) throw new OperatorError(`"${id}" is public: it has no secret.`);
        await tx
          .update(table)
          .set({ secretHash: hashClientSecret(secret) })
          .where(eq(table.id, id));
        await record(tx, 'client_secret_rotated', id);
      });
      return secret;
    },

    async remove(id) {
      await db.transaction(async (tx) => {
        const { rowCount } = await tx.delete(table).where(eq(table.id, id));
        if (rowCount !== 1) throw noClient(id);
        await record(tx, 'client_removed', id);
      });
    },
  };
}

function noClient(id: string): OperatorError {
  const isBuiltIn = builtInClients('').some((client) => client.id === id);
  return new OperatorError(
    isBuiltIn ? `"${id}" is built in: it cannot be changed.` : `There is no client "${id}".`,
  );
}

/** @throws {OperatorError} with the first thing that is wrong */
function requireGoodClient(client: NewClient): { grants: Grant[]; scopes: Scope[] } {
  const { id, isPublic, redirectUris, mayIntrospect } = client;
  if (!CLIENT_ID_PATTERN.test(id)) {
    throw new OperatorError('The id must have 3 to 64 of a-z, 0-9, dot, underscore, hyphen.');
  }
  if (/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(id)) {
    throw new OperatorError('The id must not be a UUID: users have those.');
  }
  if (builtInClients('').some((one) => one.id === id)) throw new OperatorError(`"${id}" is built in.`);
  const grants = requireKnown('grant', client.grants, GRANTS);
  const scopes = requireKnown('scope', client.scopes, SCOPES);
  if (grants.length === 0 && !mayIntrospect)
    throw new OperatorError('A client needs a grant, or --introspect.');
  if (grants.length > 0 && scopes.length === 0) {
    throw new OperatorError('A client with a grant needs a scope, or its tokens allow nothing.');
  }
  if (isPublic && (mayIntrospect || grants.includes('client_credentials'))) {
    throw new OperatorError(
      'A public client cannot prove who it is: no client_credentials, no --introspect.',
    );
  }
  for (const uri of redirectUris) {
    const fault = redirectUriFault(uri);
    if (fault !== undefined) throw new OperatorError(`The redirect URI ${uri} ${fault}.`);
  }
  if (grants.includes('authorization_code') !== redirectUris.length > 0) {
    throw new OperatorError('Redirect URIs and the grant authorization_code belong together.');
  }
  if (grants.includes('refresh_token') && !grants.includes('authorization_code')) {
    throw new OperatorError('Refresh tokens come with a code: the grant authorization_code is missing.');
  }
  return { grants, scopes };
}

/** In the order in which they are known, each once. */
function requireKnown<T extends string>(what: string, given: string[], known: readonly T[]): T[] {
  const unknown = given.find((name) => !(known as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new OperatorError(`There is no ${what} "${unknown}"; there are ${known.join(', ')}.`);
  }
  return known.filter((name) => given.includes(name));
}
