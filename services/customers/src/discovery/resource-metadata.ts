import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { PROOF_ALGORITHM, type Scope } from '@pair/access-token';
import { type Static, Type } from 'typebox';

const PATH = '/.well-known/oauth-protected-resource';

const RESOURCE_SCOPES: Scope[] = ['customers:read', 'customers:write'];

const Url = (description: string) => Type.String({ format: 'uri', description });

const ResourceMetadataSchema = Type.Object(
  {
    resource: Url('The identifier of this API: the origin that you call'),
    authorization_servers: Type.Array(Url('An issuer'), {
      maxItems: 1,
      description: 'The issuers of access tokens for this API: exactly one',
    }),
    scopes_supported: Type.Array(Type.String(), {
      maxItems: RESOURCE_SCOPES.length,
      description: 'The scopes of this API',
    }),
    bearer_methods_supported: Type.Array(Type.String(), {
      maxItems: 1,
      description: 'The ways to send an access token: only in the Authorization header',
    }),
    dpop_signing_alg_values_supported: Type.Array(Type.String(), {
      maxItems: 1,
      description: 'The algorithms of proofs of possession, for tokens that are bound to a key (RFC 9449)',
    }),
    dpop_bound_access_tokens_required: Type.Boolean({
      description:
        'Always false: this API takes Bearer tokens too. The issuer decides which tokens are bound to a key',
    }),
    resource_name: Type.String({ description: 'The name of this API, for people' }),
    resource_documentation: Url('The documentation of this API, for people'),
  },
  {
    title: 'ProtectedResourceMetadata',
    description: 'The issuer of access tokens for this API, and the way to send them',
  },
);
type ResourceMetadata = Static<typeof ResourceMetadataSchema>;

/** Returns the URL that refusals name, so that a client that knows only this API finds the issuer (RFC 9728 §5.1). */
export function resourceMetadataUrl(issuer: string): string {
  return issuer + PATH;
}

/** RFC 9728. */
export function resourceMetadataRoutes({ issuer }: { issuer: string }): FastifyPluginAsyncTypebox {
  const metadata = metadataOf(issuer);
  return async (app) => {
    app.get(
      PATH,
      {
        schema: {
          operationId: 'getProtectedResourceMetadata',
          summary: 'Find the issuer of access tokens for this API (RFC 9728)',
          description:
            'For a client that knows only the address of this API. A 401 names this address in `WWW-Authenticate`. The metadata of the issuer names the endpoints that issue tokens.',
          tags: ['discovery'],
          response: { 200: { ...ResourceMetadataSchema, examples: [metadata] } },
        },
      },
      async (_request, reply) => {
        reply.header('cache-control', 'public, max-age=3600');
        return metadata;
      },
    );
  };
}

/** `resource` must be the origin of the metadata (RFC 9728 §3.3), which is the issuer: all are behind one gateway. */
function metadataOf(issuer: string): ResourceMetadata {
  return {
    resource: issuer,
    authorization_servers: [issuer],
    scopes_supported: RESOURCE_SCOPES,
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: [PROOF_ALGORITHM],
    dpop_bound_access_tokens_required: false,
    resource_name: 'Customers',
    resource_documentation: `${issuer}/docs/customers`,
  };
}
