import * as clients from '../../src/commands/manage-clients.ts';
import { withPostgres } from '../../src/commands/stores.ts';

export const APP_REDIRECT = 'https://app.example.com/callback?from=auth';

const CONFIDENTIAL: clients.NewClient = {
  id: 'web-app',
  isPublic: false,
  redirectUris: [APP_REDIRECT],
  grants: ['authorization_code', 'refresh_token', 'client_credentials'],
  scopes: ['customers:read', 'customers:write'],
  mayIntrospect: false,
};

/** Adds a client as the command does. Resolves to its secret, or to '' for a public client. */
export async function addClient(
  databaseUrl: string,
  overrides: Partial<clients.NewClient> = {},
): Promise<string> {
  const client = { ...CONFIDENTIAL, ...overrides };
  return (await withPostgres(databaseUrl, (db) => clients.addClient(db, client))) ?? '';
}

export function rotateClientSecret(databaseUrl: string, id: string): Promise<string> {
  return withPostgres(databaseUrl, (db) => clients.rotateClientSecret(db, id));
}

export function removeClient(databaseUrl: string, id: string): Promise<void> {
  return withPostgres(databaseUrl, (db) => clients.removeClient(db, id));
}

/** The header of `client_secret_basic` (RFC 6749 §2.3.1). */
export function basic(id: string, secret: string): Record<string, string> {
  const credentials = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}
