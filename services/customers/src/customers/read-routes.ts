import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { noneMatchFails, problemResponses } from '@pair/service-kit';
import { entityTag } from './entity-tag.ts';
import { CACHE_CONTROL, customerNotFound, sendCustomer } from './representation.ts';
import {
  CustomerParamsSchema,
  customerResponse,
  IfNoneMatchSchema,
  listResponse,
  notModifiedResponse,
  YoungestQuerySchema,
} from './schemas.ts';

export const readRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/customers',
    {
      schema: {
        operationId: 'listYoungestCustomers',
        summary: 'The n youngest customers',
        tags: ['customers'],
        querystring: YoungestQuerySchema,
        response: { ...listResponse, ...problemResponses(400) },
      },
    },
    async (request, reply) => {
      const items = await app.customers.youngest(Number(request.query.n));
      reply.header('cache-control', CACHE_CONTROL);
      return { items, next_cursor: null };
    },
  );

  app.get(
    '/customers/:id',
    {
      schema: {
        operationId: 'getCustomer',
        summary: 'One customer',
        tags: ['customers'],
        params: CustomerParamsSchema,
        headers: IfNoneMatchSchema,
        response: { ...customerResponse, ...notModifiedResponse, ...problemResponses(400, 404) },
      },
    },
    async (request, reply) => {
      const customer = await app.customers.find(request.params.id);
      if (customer === undefined) throw customerNotFound();
      const etag = entityTag(customer.version);
      if (noneMatchFails(request.headers['if-none-match'], etag)) {
        reply.header('etag', etag).header('cache-control', CACHE_CONTROL);
        return reply.code(304).send();
      }
      return sendCustomer(reply, customer);
    },
  );
};
