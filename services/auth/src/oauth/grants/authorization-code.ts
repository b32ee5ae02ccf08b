import { createHash } from 'node:crypto';
import type { Problem } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';
import { type Client, isClientOf } from '../../clients/client.ts';
import { sessionKeyOf, spendProof } from '../../dpop/token-proof.ts';
import { noted } from '../../redis/unconfirmed.ts';
import { decodeAuthorizationCode, type Redemption } from '../../sessions/authorization-code.ts';
import { issueTokens } from '../../tokens/access-token.ts';
import { grantedScopes } from '../../tokens/scope.ts';
import { invalidGrant, invalidRequest } from '../oauth-error.ts';
import type { TokenRequest, TokenResponse } from '../schemas.ts';

/**
 * Exchanges a code for tokens (RFC 6749 §4.1.3, RFC 7636 §4.5). The session of the code began when the user signed in,
 * so ending all sessions of the user ends the code too. A code that is presented twice ends its session (RFC 6749
 * §4.1.2).
 *
 * @throws {Problem} 400 `invalid_request`; 400 `invalid_grant`, without the reason; 401 `invalid_dpop_proof` or `use_dpop_nonce`; 503
 */
export async function authorizationCodeGrant(
  request: FastifyRequest,
  client: Client,
  { code: text, redirect_uri: redirectUri, code_verifier: verifier }: TokenRequest,
): Promise<TokenResponse> {
  const app = request.server;
  app.checkTokenProof(request, client);
  if (text === undefined) throw invalidRequest('code is missing.');
  if (redirectUri === undefined) throw invalidRequest('redirect_uri is missing.');
  if (verifier === undefined) throw invalidRequest('code_verifier is missing.');
  const sign = app.accessTokenSigner();

  const code = decodeAuthorizationCode(text);
  const found = code && (await app.sessions.findByCode(code));
  if (code === undefined || found === undefined) throw invalidCode();
  if (found.clientId === client.id && !isClientOf(client, found)) throw invalidCode();
  const user = await app.users.findById(found.userId);
  if (user === undefined || user.disabled) throw invalidCode();

  const { proof } = request;
  // a code that cannot be redeemed any more, or not by this client, is no permit to fill Redis with used proofs
  if (found.clientId === client.id && !found.isRedeemed) await spendProof(request);
  const redemption = await noted(
    app.sessions.redeemCode(code, {
      client,
      redirectUri,
      codeChallenge: createHash('sha256').update(verifier).digest('base64url'),
      jkt: proof?.jkt,
      sessionJkt: sessionKeyOf(client, proof),
    }),
    (outcome) => report(request, client, { sid: code.sid, userId: user.id }, outcome),
  );
  if (redemption.outcome !== 'redeemed') throw invalidCode();
  const scope = grantedScopes(user, client, found.scope).join(' ');
  const tokens = issueTokens(sign, client, user.id, scope, redemption, proof);
  if (client.grants.includes('refresh_token')) return tokens;
  const { refresh_token: _, ...withoutRefreshToken } = tokens;
  return withoutRefreshToken;
}

function report(
  request: FastifyRequest,
  client: Client,
  { sid, userId }: { sid: string; userId: string },
  redemption: Redemption,
): void {
  if (redemption.outcome !== 'reuse' && redemption.outcome !== 'refused') return;
  const isReuse = redemption.outcome === 'reuse';
  request.server.audit.record(request, {
    event: isReuse ? 'authorization_code_reused' : 'authorization_code_refused',
    outcome: 'refused',
    userId,
    sessionId: sid,
    clientId: client.id,
    sessionAddress: redemption.address,
  });
  request.log.warn(
    { sid, user_id: userId, client_id: client.id, remote_address: request.ip },
    isReuse
      ? 'authorization code reused: session ended'
      : 'authorization code refused: wrong client, redirect URI, code verifier or key',
  );
}

export function invalidCode(): Problem {
  return invalidGrant('The code is not valid: authorize again.');
}
