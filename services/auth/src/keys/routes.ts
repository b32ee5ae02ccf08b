import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { noneMatchFails, unavailable } from '@pair/service-kit';
import { IfNoneMatchSchema, jwksResponse } from './schemas.ts';

/** Publishes the public keys (RFC 7517) for every resource server. */
export const jwksRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/.well-known/jwks.json',
    {
      schema: {
        operationId: 'getJwks',
        summary: 'Get the public keys that verify access tokens',
        description:
          'The header of a token names its key as `kid`. A key is here before it signs, and until its last token has expired. Keep the answer for a minute, and send its ETag in `If-None-Match`.',
        tags: ['keys'],
        headers: IfNoneMatchSchema,
        response: jwksResponse,
      },
      config: { problems: [unavailable] },
    },
    async (request, reply) => {
      const { json, etag } = app.keyRing.published();
      reply.header('cache-control', 'public, max-age=60').header('etag', etag);
      if (noneMatchFails(request.headers['if-none-match'], etag)) return reply.code(304).send();
      // as text, because it is serialized once for each set of keys, not for each request
      return reply.type('application/json; charset=utf-8').send(json);
    },
  );
};
