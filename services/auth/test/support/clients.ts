import { type NewClient, withClientRegistry } from '../../src/commands/manage-clients.ts';

export const APP_REDIRECT = 'https://app.example.com/callback?from=auth';

const CONFIDENTIAL: NewClient = {
  id: 'web-app',
  isPublic: false,
  redirectUris: [APP_REDIRECT],
  grants: ['authorization_code', 'refresh_token', 'client_credentials'],
  scopes: ['customers:read', 'customers:write'],
  mayIntrospect: false,
};

/** Adds a client as the command does; resolves with its secret, '' for a public one. */
export async function addClient(databaseUrl: string, overrides: Partial<NewClient> = {}): Promise<string> {
  const secret = await withClientRegistry(databaseUrl, (registry) =>
    registry.add({ ...CONFIDENTIAL, ...overrides }),
  );
  return secret ?? '';
}

export function removeClient(databaseUrl: string, id: string): Promise<void> {
  return withClientRegistry(databaseUrl, (registry) => registry.remove(id));
}

/** RFC 6749 §2.3.1. */
export function basic(id: string, secret: string): Record<string, string> {
  const credentials = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}
