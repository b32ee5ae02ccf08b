import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { problemResponses } from '@pair/service-kit';
import { JwksSchema } from './schemas.ts';

/** RFC 7517: the public keys, for anybody who verifies our tokens. */
export const jwksRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/.well-known/jwks.json',
    {
      schema: {
        operationId: 'getJwks',
        summary: 'Public keys that verify access tokens',
        tags: ['keys'],
        response: { 200: JwksSchema, ...problemResponses(503) },
      },
    },
    async (_request, reply) => {
      const jwks = app.keyRing.jwks();
      reply.header('cache-control', 'public, max-age=60');
      return jwks;
    },
  );
};
