import { SCOPES, type Scope } from '@pair/access-token';
import { SWAGGER_UI_CLIENT_ID, SWAGGER_UI_REDIRECT_PATH } from '@pair/service-kit';
import type { Grant } from '../db/schema.ts';

/** The pattern of the database constraint, which also refuses UUIDs, because those are ids of users. */
export const CLIENT_ID_PATTERN = /^[a-z0-9][a-z0-9._-]{2,63}$/;

/** An OAuth 2.0 client (RFC 6749 §2). */
export interface Client {
  id: string;
  /** The name that users read; null for the id. */
  name: string | null;
  /** The id of this registration: a client that is removed and added again has a new one. A built-in client has ''. */
  registration: string;
  /** SHA-256 of the secret of a confidential client; null for a public client. */
  secretHash: Buffer | null;
  /** Redirect URIs match exactly, except for the port of a loopback address (RFC 8252 §7.3). */
  redirectUris: readonly string[];
  grants: readonly Grant[];
  /** The largest scope of a token for this client. */
  scopes: readonly Scope[];
  /** True if the client may introspect the tokens of any client (RFC 7662). */
  mayIntrospect: boolean;
  /** True if the client gets no Bearer tokens (RFC 9449 §5.2). */
  dpopBoundAccessTokens: boolean;
}

/** The client of `/auth/login` and `/auth/refresh`. */
export const FIRST_PARTY: Client = {
  id: 'first-party',
  name: null,
  registration: '',
  secretHash: null,
  redirectUris: [],
  grants: ['refresh_token'],
  scopes: SCOPES,
  mayIntrospect: false,
  dpopBoundAccessTokens: false,
};

/** The clients that always exist. Their redirect URIs follow the issuer, so another port needs no change of a row. */
export function builtInClients(issuer: string): readonly Client[] {
  // http://127.0.0.1 and http://localhost lead to the same server; any other issuer has only its own origin
  const origins = [issuer, issuer.replace(/^http:\/\/localhost(?=:|$)/, 'http://127.0.0.1')];
  const swaggerUi: Client = {
    id: SWAGGER_UI_CLIENT_ID,
    name: null,
    registration: '',
    secretHash: null,
    redirectUris: [...new Set(origins)].flatMap((origin) =>
      ['auth', 'customers'].map((service) => `${origin}/docs/${service}${SWAGGER_UI_REDIRECT_PATH}`),
    ),
    grants: ['authorization_code', 'refresh_token'],
    scopes: SCOPES,
    mayIntrospect: false,
    dpopBoundAccessTokens: false,
  };
  return [FIRST_PARTY, swaggerUi];
}

/**
 * True if the session began with this registration. A re-added id must not inherit the sessions of the old registration.
 * A session without a registration belongs to a built-in client, or is older than this field.
 */
export function isClientOf(
  client: Client,
  { clientId, registration = client.registration }: { clientId: string; registration?: string | undefined },
): boolean {
  return clientId === client.id && registration === client.registration;
}
