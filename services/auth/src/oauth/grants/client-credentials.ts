import { ACCESS_TOKEN_LIFETIME_SECONDS } from '@pair/access-token';
import type { FastifyRequest } from 'fastify';
import type { Client } from '../../clients/client.ts';
import { narrowScope } from '../../tokens/scope.ts';
import type { TokenRequest, TokenResponse } from '../schemas.ts';

/**
 * Issues a token to a client that acts for itself (RFC 6749 §4.4), without a session and without a refresh token. `sub`
 * is the client.
 *
 * @throws {Problem} 422 `invalid_scope`, 503
 */
export async function clientCredentialsGrant(
  { server: app }: FastifyRequest,
  client: Client,
  { scope: asked }: TokenRequest,
): Promise<TokenResponse> {
  const sign = app.accessTokenSigner();
  const scope = narrowScope(client.scopes, asked).join(' ');
  const askedAt = Date.now();
  const epoch = await app.sessions.epoch();
  return {
    access_token: sign({ sub: client.id, client_id: client.id, scope, epoch }, askedAt),
    token_type: 'Bearer',
    expires_in: ACCESS_TOKEN_LIFETIME_SECONDS,
    scope,
  };
}
