import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { invalidProof, useNonce } from '@pair/access-token';
import { Problem } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';
import type { Client } from '../clients/client.ts';
import { GRANTS, type Grant } from '../db/schema.ts';
import { ProofHeaderSchema } from '../dpop/schemas.ts';
import { invalidScope } from '../tokens/scope.ts';
import { authenticateClient, unauthorizedClient } from './authenticate-client.ts';
import { authorizationCodeGrant, invalidCode } from './grants/authorization-code.ts';
import { clientCredentialsGrant } from './grants/client-credentials.ts';
import { refreshTokenGrant } from './grants/refresh-token.ts';
import { invalidRequest } from './oauth-error.ts';
import { invalidTarget, type Recipients, requireKnownResources } from './resource-indicators.ts';
import { type TokenRequest, TokenRequestSchema, type TokenResponse, TokenResponseSchema } from './schemas.ts';

type Exchange = (request: FastifyRequest, client: Client, form: TokenRequest) => Promise<TokenResponse>;

const exchanges: Record<Grant, Exchange> = {
  authorization_code: authorizationCodeGrant,
  client_credentials: clientCredentialsGrant,
  refresh_token: refreshTokenGrant,
};

/** The token endpoint (RFC 6749 §3.2). */
export function tokenRoutes(recipients: Recipients): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/oauth/token',
      {
        schema: {
          operationId: 'exchangeForTokens',
          summary: 'Exchange a code, a refresh token or client credentials for tokens',
          description:
            'Authenticate a confidential client by `Authorization: Basic` or by `client_secret`, and name a public client by `client_id`. Every code needs its PKCE code verifier (S256). Refresh tokens rotate as at `POST /auth/refresh`. A proof in the header DPoP binds the access token to its key, and the refresh tokens of a public client too.',
          tags: ['oauth'],
          consumes: ['application/x-www-form-urlencoded'],
          headers: ProofHeaderSchema,
          body: TokenRequestSchema,
          response: { 200: TokenResponseSchema },
        },
        config: {
          problems: [
            () => atTokenEndpoint(invalidProof()),
            () => atTokenEndpoint(useNonce()),
            () => invalidRequest('code_verifier is missing.'),
            invalidCode,
            invalidScope,
            invalidTarget,
            unauthorizedClient,
            unsupportedGrantType,
          ],
        },
        // before the schema, whose refusal of a long resource would be invalid_request
        preValidation: async ({ body }) => {
          requireKnownResources((body as Partial<TokenRequest> | null)?.resource ?? [], recipients);
        },
      },
      async (request) => {
        const { grant_type: grant } = request.body;
        const client = await authenticateClient(request);
        if (!isGrant(grant)) throw unsupportedGrantType();
        if (!client.grants.includes(grant)) throw unauthorizedClient();
        try {
          return await exchanges[grant](request, client, request.body);
        } catch (error) {
          throw isRefusedProof(error) ? atTokenEndpoint(error) : error;
        }
      },
    );
  };
}

function isRefusedProof(error: unknown): error is Problem {
  return error instanceof Problem && (error.code === 'invalid_dpop_proof' || error.code === 'use_dpop_nonce');
}

/** RFC 9449 §5, §8: a refused proof is a 400 here, and without the challenge of a resource. */
function atTokenEndpoint({ code, message, headers }: Problem): Problem {
  const { 'www-authenticate': _, ...others } = headers ?? {};
  return new Problem(400, code, message, { headers: others });
}

function isGrant(text: string): text is Grant {
  return (GRANTS as readonly string[]).includes(text);
}

function unsupportedGrantType(): Problem {
  return new Problem(400, 'unsupported_grant_type', `Use one of these grants: ${GRANTS.join(', ')}.`);
}
