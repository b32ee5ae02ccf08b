import { SCOPES, type Scope } from '@pair/access-token';
import { SWAGGER_UI_CLIENT_ID, SWAGGER_UI_REDIRECT_PATH } from '@pair/service-kit';
import type { Grant } from '../db/schema.ts';

/** The same as in the table, which also refuses UUIDs: those are ids of users. */
export const CLIENT_ID_PATTERN = /^[a-z0-9][a-z0-9._-]{2,63}$/;

/** An OAuth 2.0 client (RFC 6749 §2). */
export interface Client {
  id: string;
  /** Another one when a client was removed and added again; '' of a built-in client. */
  registration: string;
  /** SHA-256 of the secret of a confidential client; null of a public one. */
  secretHash: Buffer | null;
  /** Compared exactly; only the port of a loopback address may be another (RFC 8252 §7.3). */
  redirectUris: readonly string[];
  grants: readonly Grant[];
  /** The most that a token for this client can allow. */
  scopes: readonly Scope[];
  /** Whether it may ask about tokens, of whichever client (RFC 7662). */
  mayIntrospect: boolean;
}

/** For whom `/auth/login` and `/auth/refresh` act. */
export const FIRST_PARTY: Client = {
  id: 'first-party',
  registration: '',
  secretHash: null,
  redirectUris: [],
  grants: ['refresh_token'],
  scopes: SCOPES,
  mayIntrospect: false,
};

/** The clients that are always there. Their addresses follow the issuer, so that another port needs no other row. */
export function builtInClients(issuer: string): readonly Client[] {
  // whoever opens http://127.0.0.1 is at the same place; elsewhere the issuer's is the only origin
  const origins = [issuer, issuer.replace(/^http:\/\/localhost(?=:|$)/, 'http://127.0.0.1')];
  const swaggerUi: Client = {
    id: SWAGGER_UI_CLIENT_ID,
    registration: '',
    secretHash: null,
    redirectUris: [...new Set(origins)].flatMap((origin) =>
      ['auth', 'customers'].map((service) => `${origin}/docs/${service}${SWAGGER_UI_REDIRECT_PATH}`),
    ),
    grants: ['authorization_code', 'refresh_token'],
    scopes: SCOPES,
    mayIntrospect: false,
  };
  return [FIRST_PARTY, swaggerUi];
}

/**
 * Whether a session began with this client. Under its id there may have been another, which an operator removed: what
 * that was given is not for its successor. A session that does not know is of a built-in client, or from before sessions
 * knew.
 */
export function isClientOf(
  client: Client,
  { clientId, registration = client.registration }: { clientId: string; registration?: string | undefined },
): boolean {
  return clientId === client.id && registration === client.registration;
}
