import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Problem } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';
import { isClientOf } from '../clients/client.ts';
import { decodeRefreshToken } from '../sessions/refresh-token.ts';
import { grantedScopes } from '../tokens/scope.ts';
import { authenticateClient } from './authenticate-client.ts';
import { type Introspection, IntrospectionRequestSchema, IntrospectionSchema } from './schemas.ts';
import { verifiedAccessToken } from './verified-access-token.ts';

/** Token introspection (RFC 7662), for clients that were added with `--introspect`. */
export function introspectionRoutes({ issuer }: { issuer: string }): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/oauth/introspect',
      {
        schema: {
          operationId: 'introspectToken',
          summary: 'Check whether a token is valid now, and read its claims',
          description:
            'For confidential clients that were added with `--introspect`. You can verify an access token faster with the public keys, but they do not show a revocation. Introspection does not consume a refresh token.',
          tags: ['oauth'],
          consumes: ['application/x-www-form-urlencoded'],
          body: IntrospectionRequestSchema,
          response: { 200: IntrospectionSchema },
        },
        config: { problems: [mayNotIntrospect] },
      },
      async (request): Promise<Introspection> => {
        const client = await authenticateClient(request);
        if (!client.mayIntrospect) throw mayNotIntrospect();
        const { token } = request.body;
        return (
          (await introspectRefreshToken(request, token, issuer)) ??
          (await introspectAccessToken(request, token)) ?? { active: false }
        );
      },
    );
  };
}

async function introspectAccessToken(
  request: FastifyRequest,
  text: string,
): Promise<Introspection | undefined> {
  const claims = await verifiedAccessToken(request, text);
  if (claims === undefined) return undefined;
  const { scope, client_id, sub, iss, aud, iat, exp, jti, cnf } = claims;
  const token_type = cnf === undefined ? 'Bearer' : 'DPoP';
  return { active: true, token_type, scope, client_id, sub, iss, aud, iat, exp, jti, ...(cnf && { cnf }) };
}

/** Only the newest token of a session is active: an older one can at most repeat a lost answer. */
async function introspectRefreshToken(
  request: FastifyRequest,
  text: string,
  issuer: string,
): Promise<Introspection | undefined> {
  const { sessions, users, clients } = request.server;
  const token = decodeRefreshToken(text);
  const found = token && (await sessions.find(token));
  if (!found?.isLive) return undefined;
  const [user, client] = await Promise.all([users.findById(found.userId), clients.findById(found.clientId)]);
  if (user === undefined || user.disabled) return undefined;
  if (client === undefined || !isClientOf(client, found)) return undefined;
  const scope = grantedScopes(user, client, found.scope).join(' ');
  return { active: true, scope, client_id: client.id, sub: user.id, iss: issuer };
}

function mayNotIntrospect(): Problem {
  return new Problem(
    400,
    'unauthorized_client',
    'This client may not introspect tokens: ask the operator to add it with --introspect.',
  );
}
