import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { PROOF_ALGORITHM, SCOPES } from '@pair/access-token';
import { GRANTS } from '../db/schema.ts';
import { type Metadata, MetadataSchema } from './schemas.ts';

const CONFIDENTIAL = ['client_secret_basic', 'client_secret_post'];
const ANY_CLIENT = [...CONFIDENTIAL, 'none'];

/** One document at two addresses (RFC 8414 §5): many libraries ask only for the address of OpenID Connect. */
const ADDRESSES = [
  {
    path: '/.well-known/oauth-authorization-server',
    operationId: 'getAuthorizationServerMetadata',
    summary: 'Get the metadata of the authorization server (RFC 8414)',
    description:
      'A standard OAuth 2.0 client needs to know only the issuer, and finds every endpoint here, with the grants and the scopes.',
  },
  {
    path: '/.well-known/openid-configuration',
    operationId: 'getOpenidConfiguration',
    summary: 'Get the same metadata, at the address of OpenID Connect Discovery',
    description:
      'For libraries that ask for no other address. auth issues no `id_token`, and has no scope `openid`: `GET /oauth/userinfo` names the user.',
  },
];

/** RFC 8414: a standard client needs to know only the issuer, and finds every endpoint here. */
export function metadataRoutes({ issuer }: { issuer: string }): FastifyPluginAsyncTypebox {
  const metadata = metadataOf(issuer);
  return async (app) => {
    for (const { path, ...operation } of ADDRESSES) {
      app.get(
        path,
        {
          schema: {
            ...operation,
            tags: ['oauth'],
            response: { 200: { ...MetadataSchema, examples: [metadata] } },
          },
        },
        async (_request, reply) => {
          reply.header('cache-control', 'public, max-age=3600');
          return metadata;
        },
      );
    }
  };
}

function metadataOf(issuer: string): Metadata {
  return {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    introspection_endpoint: `${issuer}/oauth/introspect`,
    userinfo_endpoint: `${issuer}/oauth/userinfo`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    scopes_supported: [...SCOPES],
    subject_types_supported: ['public'],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: [...GRANTS],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ANY_CLIENT,
    revocation_endpoint_auth_methods_supported: ANY_CLIENT,
    introspection_endpoint_auth_methods_supported: CONFIDENTIAL,
    dpop_signing_alg_values_supported: [PROOF_ALGORITHM],
    authorization_response_iss_parameter_supported: true,
    // without it, OpenID Connect Discovery §3 means true
    request_uri_parameter_supported: false,
    service_documentation: `${issuer}/docs/auth`,
  };
}
