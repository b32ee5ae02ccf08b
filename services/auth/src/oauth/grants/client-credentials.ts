import { ACCESS_TOKEN_LIFETIME_SECONDS } from '@pair/access-token';
import type { FastifyRequest } from 'fastify';
import type { Client } from '../../clients/client.ts';
import { spendProof } from '../../dpop/token-proof.ts';
import { bindingTo, tokenTypeOf } from '../../tokens/access-token.ts';
import { narrowScope } from '../../tokens/scope.ts';
import type { TokenRequest, TokenResponse } from '../schemas.ts';

/**
 * Issues a token to a client that acts for itself (RFC 6749 §4.4), without a session and without a refresh token. `sub`
 * is the client.
 *
 * @throws {Problem} 401 `invalid_dpop_proof` or `use_dpop_nonce`, 422 `invalid_scope`, 503
 */
export async function clientCredentialsGrant(
  request: FastifyRequest,
  client: Client,
  { scope: asked }: TokenRequest,
): Promise<TokenResponse> {
  const app = request.server;
  app.checkTokenProof(request, client);
  const { proof } = request;
  const sign = app.accessTokenSigner();
  const scope = narrowScope(client.scopes, asked).join(' ');
  await spendProof(request);
  const askedAt = Date.now();
  const epoch = await app.sessions.epoch();
  return {
    access_token: sign({ sub: client.id, client_id: client.id, scope, epoch, ...bindingTo(proof) }, askedAt),
    token_type: tokenTypeOf(proof),
    expires_in: ACCESS_TOKEN_LIFETIME_SECONDS,
    scope,
  };
}
