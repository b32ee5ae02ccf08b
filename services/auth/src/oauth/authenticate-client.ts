import { Problem } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';
import type { Client } from '../clients/client.ts';
import { isClientSecret } from '../clients/client-secret.ts';
import { invalidRequest } from './oauth-error.ts';

interface PresentedClient {
  id: string;
  secret: string | undefined;
}

/**
 * Authenticates the client of a request (RFC 6749 §2.3, §3.2.1) by `client_secret_basic` or `client_secret_post`. A
 * public client sends its id only.
 *
 * @throws {Problem} 401 `invalid_client`, 400 `invalid_request`, 503
 */
export async function authenticateClient(
  request: FastifyRequest<{ Body: { client_id?: string; client_secret?: string } }>,
): Promise<Client> {
  const { clients } = request.server;
  const { id, secret } = presentedClient(request);
  const client = await clients.findById(id);
  if (client !== undefined && proves(client, secret)) return client;
  request.server.reportRefusedClient(request, client?.id);
  throw refusal(request);
}

function proves({ secretHash }: Client, secret: string | undefined): boolean {
  if (secretHash === null) return secret === undefined;
  return secret !== undefined && isClientSecret(secret, secretHash);
}

function presentedClient(
  request: FastifyRequest<{ Body: { client_id?: string; client_secret?: string } }>,
): PresentedClient {
  const { body } = request;
  const { authorization } = request.headers;
  if (authorization === undefined) {
    if (body.client_id === undefined) throw refusal(request);
    return { id: body.client_id, secret: body.client_secret };
  }
  const presented = basicCredentials(authorization);
  // RFC 6749 §2.3 allows one method in a request
  if (body.client_secret !== undefined)
    throw invalidRequest('Send the client secret in the Authorization header or in the body, not in both.');
  if (body.client_id !== undefined && body.client_id !== presented.id) {
    throw invalidRequest('The Authorization header and client_id name two clients: send one.');
  }
  return presented;
}

/** RFC 6749 §2.3.1: both parts are form-encoded before they become Basic credentials (RFC 7617 §2). */
function basicCredentials(authorization: string): PresentedClient {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? [];
  const decoded = Buffer.from(encoded ?? '', 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon === -1) throw invalidClient(true);
  try {
    return { id: formDecode(decoded.slice(0, colon)), secret: formDecode(decoded.slice(colon + 1)) };
  } catch {
    throw invalidClient(true);
  }
}

function formDecode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

/**
 * Leaves out the challenge for a request from a script in a page: on a challenge a browser would ask its user for a
 * password, and the page would wait. Such a request, like one from Node's fetch, has Sec-Fetch-Mode and no
 * Authorization.
 */
function refusal({ headers }: FastifyRequest): Problem {
  return invalidClient(headers.authorization !== undefined || headers['sec-fetch-mode'] === undefined);
}

/** RFC 6749 §5.2. */
export function invalidClient(isChallenged: boolean): Problem {
  const headers = { 'www-authenticate': 'Basic realm="oauth", charset="UTF-8"' };
  return new Problem(
    401,
    'invalid_client',
    'Unknown client, or client authentication failed.',
    isChallenged ? { headers } : {},
  );
}

/** RFC 6749 §5.2. */
export function unauthorizedClient(): Problem {
  return new Problem(
    400,
    'unauthorized_client',
    'The client is not registered for this grant: use another one.',
  );
}
