import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Problem } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';
import { type Client, isClientOf } from '../clients/client.ts';
import { noted } from '../redis/unconfirmed.ts';
import { decodeRefreshToken } from '../sessions/refresh-token.ts';
import { revokeAccessToken, tooManyRevocations } from '../sessions/revoke-access-token.ts';
import { authenticateClient } from './authenticate-client.ts';
import { invalidGrant } from './oauth-error.ts';
import { RevocationRequestSchema, RevocationSchema } from './schemas.ts';
import { verifiedAccessToken } from './verified-access-token.ts';

/** Token revocation (RFC 7009). */
export const revocationRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    '/oauth/revoke',
    {
      schema: {
        operationId: 'revokeToken',
        summary: 'Revoke a token',
        description:
          'A refresh token ends its session with all its tokens. An access token is refused everywhere within a second, and its session goes on. If your client revokes more than ten access tokens of a user in a few minutes, each further one ends its session instead (RFC 7009 §2.1). A client that acts for itself can revoke a hundred tokens in ten minutes, and then gets 429. An unknown or expired token is no error.',
        tags: ['oauth'],
        consumes: ['application/x-www-form-urlencoded'],
        body: RevocationRequestSchema,
        response: { 200: RevocationSchema },
      },
      config: { problems: [tokenOfAnotherClient, () => tooManyRevocations(6_000)] },
    },
    async (request) => {
      const client = await authenticateClient(request);
      await revoke(request, client, request.body.token);
      return {};
    },
  );
};

async function revoke(request: FastifyRequest, client: Client, text: string): Promise<void> {
  const { sessions, audit } = request.server;
  const refreshToken = decodeRefreshToken(text);
  if (refreshToken !== undefined) {
    const found = await sessions.find(refreshToken);
    if (found === undefined) return;
    if (!isClientOf(client, found)) throw tokenOfAnotherClient();
    await noted(sessions.endByRefreshToken(refreshToken), (userId) => {
      if (userId === undefined) return;
      const concerned = { actorId: userId, userId, sessionId: refreshToken.sid, clientId: client.id };
      audit.record(request, { event: 'sign_out', outcome: 'succeeded', ...concerned });
    });
    return;
  }
  const claims = await verifiedAccessToken(request, text);
  if (claims === undefined) return;
  if (claims.client_id !== client.id) throw tokenOfAnotherClient();
  await revokeAccessToken(request, claims);
}

/** RFC 7009 §2.1. */
function tokenOfAnotherClient(): Problem {
  return invalidGrant('The token was issued to another client: only that client can revoke it.');
}
