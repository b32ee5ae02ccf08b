import type { FastifyRequest } from 'fastify';
import type { Client } from '../../clients/client.ts';
import { INVALID_REFRESH_TOKEN, refresh } from '../../sessions/refresh.ts';
import { invalidGrant, invalidRequest } from '../oauth-error.ts';
import type { TokenRequest, TokenResponse } from '../schemas.ts';

/**
 * Exchanges a refresh token for new tokens (RFC 6749 §6). The token rotates as at `POST /auth/refresh`.
 *
 * @throws {Problem} 400 `invalid_request`; 400 `invalid_grant`, without the reason; 401 `invalid_dpop_proof` or `use_dpop_nonce`;
 * 422 `invalid_scope`; 503
 */
export async function refreshTokenGrant(
  request: FastifyRequest,
  client: Client,
  { refresh_token: token, scope }: TokenRequest,
): Promise<TokenResponse> {
  if (token === undefined) throw invalidRequest('refresh_token is missing.');
  const tokens = await refresh(request, client, token, scope);
  if (tokens === undefined) throw invalidGrant(INVALID_REFRESH_TOKEN);
  return tokens;
}
