import { SCOPES } from '@pair/access-token';
import { Problem } from '@pair/service-kit';
import type { FastifyInstance } from 'fastify';
import type { Client } from '../../clients/client.ts';
import { isRegistered } from '../../clients/redirect-uri.ts';
import { narrowScope } from '../../tokens/scope.ts';
import { unauthorizedClient } from '../authenticate-client.ts';
import { parametersOf, takeAll } from '../form-parser.ts';
import { invalidRequest } from '../oauth-error.ts';
import { type Recipients, requireKnownResources } from '../resource-indicators.ts';
import { authorizationResponse } from './authorization-response.ts';

/** An authorization request that may be granted (RFC 6749 §4.1.1). */
export interface AuthorizationRequest {
  client: Client;
  redirectUri: string;
  state: string | undefined;
  /** The requested scope; all scopes that the client may have if it requested none. */
  scope: string;
  /** RFC 7636 §4.3, S256. */
  codeChallenge: string;
  /** The thumbprint of the key to which the code is bound (RFC 9449 §10); undefined for none. */
  dpopJkt: string | undefined;
  /** The parameters as they came. The form of the sign-in page sends them again, and they are checked again then. */
  parameters: Record<string, string>;
}

/** An error that goes back to the client, because the redirect URI is one of its own (RFC 6749 §4.1.2.1). */
export class RedirectedError extends Error {
  readonly location: string;
  constructor(location: string, cause: Problem) {
    super(cause.message, { cause });
    this.location = location;
  }
}

/** As written in a query: a redirect URI and a state of this length fit into a header that the gateway passes. */
export const MAX_PARAMETER_LENGTH = 4_096;

const PARAMETERS = [
  'response_type',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
  'dpop_jkt',
];

/**
 * Checks client and redirect URI first: the user sees an error in these on a page, and auth never redirects it.
 *
 * @throws {Problem} 400 for the user, 503
 * @throws {RedirectedError} for the client
 */
export async function readAuthorizationRequest(
  app: FastifyInstance,
  recipients: Recipients,
  query: URLSearchParams,
): Promise<AuthorizationRequest> {
  const client = await requireClient(app, query);
  const redirectUri = requireRedirectUri(client, query);
  // an attacker may have added one of two states, and a state that is too long does not fit into the answer
  const states = query.getAll('state').filter((one) => one !== '');
  const state = states.length === 1 && !states.some(isTooLong) ? states[0] : undefined;
  try {
    const resources = takeAll(query, 'resource');
    const all = parametersOf(query);
    const parameters = Object.fromEntries(Object.entries(all).filter(([name]) => PARAMETERS.includes(name)));
    requireText(parameters);
    requireCodeFlow(client, all);
    const codeChallenge = requireCodeChallenge(parameters);
    const dpopJkt = requireThumbprint(parameters.dpop_jkt);
    const scope = requireScope(client, parameters.scope);
    requireKnownResources(resources, recipients);
    return { client, redirectUri, state, scope, codeChallenge, dpopJkt, parameters };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const destination = { redirectUri, state, issuer: recipients.issuer };
    throw new RedirectedError(authorizationResponse(destination, error), error);
  }
}

async function requireClient(app: FastifyInstance, query: URLSearchParams): Promise<Client> {
  const client = await app.clients.findById(requireOne(query, 'client_id'));
  if (client === undefined) throw unknownClient();
  return client;
}

/** RFC 6749 §3.1.2.3, §10.15. The request must have a redirect URI, even if the client has registered only one. */
function requireRedirectUri(client: Client, query: URLSearchParams): string {
  const redirectUri = requireOne(query, 'redirect_uri');
  if (!isRegistered(redirectUri, client.redirectUris)) {
    throw new Problem(
      400,
      'invalid_redirect_uri',
      'The application asked to send you back to an address that it has not registered.',
    );
  }
  return redirectUri;
}

function requireOne(query: URLSearchParams, name: string): string {
  const [value, ...others] = query.getAll(name);
  if (value === undefined || value === '' || others.length > 0) {
    throw new Problem(400, 'invalid_request', `The request needs the parameter ${name}, once.`);
  }
  return value;
}

/** RFC 6749 appendix A. A browser changes control characters in a form, and the form refuses long values. */
function requireText(parameters: Record<string, string>): void {
  for (const value of Object.values(parameters)) {
    if (isTooLong(value))
      throw invalidRequest(
        `A parameter is too long: send at most ${MAX_PARAMETER_LENGTH} characters, as written in a query.`,
      );
    if (/\p{Cc}/u.test(value)) throw invalidRequest('A parameter contains a control character: remove it.');
  }
}

function isTooLong(value: string): boolean {
  const escaped = new URLSearchParams({ '': value }).toString();
  return escaped.length - 1 > MAX_PARAMETER_LENGTH;
}

/** RFC 6749 §3.1.1. */
function requireCodeFlow(client: Client, parameters: Record<string, string>): void {
  const { response_type: type, response_mode: mode = 'query' } = parameters;
  if (type === undefined) throw invalidRequest('response_type is missing.');
  if (type !== 'code')
    throw new Problem(400, 'unsupported_response_type', 'Only response_type=code is supported.');
  if (mode !== 'query') throw invalidRequest('Only response_mode=query is supported.');
  if (!client.grants.includes('authorization_code')) throw unauthorizedClient();
}

/** RFC 7636 §4.4.1, for every client (RFC 9700 §2.1.1). A missing method would mean `plain`, which protects nothing. */
function requireCodeChallenge(parameters: Record<string, string>): string {
  const { code_challenge: challenge, code_challenge_method: method = 'plain' } = parameters;
  if (challenge === undefined) throw invalidRequest('code_challenge is missing: every client must use PKCE.');
  if (method !== 'S256') throw invalidRequest('code_challenge_method must be S256.');
  if (!/^[A-Za-z0-9_-]{43}$/.test(challenge))
    throw invalidRequest('code_challenge is malformed: it must have 43 characters of base64url.');
  return challenge;
}

function requireThumbprint(jkt: string | undefined): string | undefined {
  if (jkt !== undefined && !/^[A-Za-z0-9_-]{43}$/.test(jkt))
    throw invalidRequest('dpop_jkt is malformed: it must have 43 characters of base64url.');
  return jkt;
}

/** RFC 6749 §3.3. The tokens get fewer scopes later if the user has fewer. */
function requireScope(client: Client, scope: string | undefined): string {
  const asked = narrowScope(client.scopes, scope);
  return SCOPES.filter((name) => asked.includes(name)).join(' ');
}

export function unknownClient(): Problem {
  return new Problem(400, 'invalid_client', 'The application that sent you here is unknown.');
}
