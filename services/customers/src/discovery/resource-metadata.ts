import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Scope } from '@pair/access-token';
import { type Static, Type } from 'typebox';

const PATH = '/.well-known/oauth-protected-resource';

const RESOURCE_SCOPES: Scope[] = ['customers:read', 'customers:write'];

const Url = (description: string) => Type.String({ format: 'uri', description });

const ResourceMetadataSchema = Type.Object(
  {
    resource: Url('This API, as clients call it'),
    authorization_servers: Type.Array(Url('An issuer'), { description: 'Who issues them: one' }),
    scopes_supported: Type.Array(Type.String(), { description: 'What a token for it can allow' }),
    bearer_methods_supported: Type.Array(Type.String(), {
      description: 'How a token is sent: in the header',
    }),
    resource_name: Type.String({ description: 'For people' }),
    resource_documentation: Url('For people'),
  },
  {
    title: 'ProtectedResourceMetadata',
    description: 'Who issues tokens for this resource, and how they are sent',
  },
);
type ResourceMetadata = Static<typeof ResourceMetadataSchema>;

/** What refusals name, so that a client that knows only our address finds out where tokens come from (RFC 9728 §5.1). */
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
          summary: 'Who issues tokens for this API (RFC 9728)',
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

/** `resource` must be where the metadata is fetched (RFC 9728 §3.3): services and issuer are behind one gateway. */
function metadataOf(issuer: string): ResourceMetadata {
  return {
    resource: issuer,
    authorization_servers: [issuer],
    scopes_supported: RESOURCE_SCOPES,
    bearer_methods_supported: ['header'],
    resource_name: 'Customers',
    resource_documentation: `${issuer}/docs/customers`,
  };
}
