import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { noneMatchFails } from '@pair/service-kit';
import { encodeCursor } from './cursor.ts';
import { entityTag } from './entity-tag.ts';
import { bodyOf } from './list-body.ts';
import { linkToNext, parsePageRequest, requireAlone } from './list-query.ts';
import { CACHE_CONTROL, customerNotFound, sendCustomer } from './representation.ts';
import {
  CustomerParamsSchema,
  customerResponse,
  IfNoneMatchSchema,
  ListQuerySchema,
  listResponse,
  notModifiedResponse,
} from './schemas.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

export const readRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/customers',
    {
      schema: {
        operationId: 'listCustomers',
        summary: 'List the n youngest customers, or a page of customers',
        description:
          'A page continues after the last customer of the page before. So you neither miss a customer nor get one twice because others are inserted, changed or deleted meanwhile.',
        tags: ['customers'],
        querystring: ListQuerySchema,
        response: listResponse,
      },
    },
    async (request, reply) => {
      const { query } = request;
      reply.header('cache-control', CACHE_CONTROL);
      if (query.n !== undefined) {
        requireAlone(query);
        const items = await app.customers.youngest(Number(query.n));
        const { text } = bodyOf(reply, items, () => ({ items, next_cursor: null }));
        return reply.type(JSON_TYPE).send(text);
      }
      const { selection, limit, after } = parsePageRequest(query);
      const found = await app.customers.page(selection, limit + 1, after);
      const { text, nextCursor } = bodyOf(reply, found, () => {
        const items = found.slice(0, limit);
        const last = found.length > limit ? items.at(-1) : undefined;
        const position = last && { key: last[selection.sort], id: last.id };
        return { items, next_cursor: position === undefined ? null : encodeCursor(selection, position) };
      });
      if (nextCursor !== null) reply.header('link', linkToNext(query, nextCursor));
      return reply.type(JSON_TYPE).send(text);
    },
  );

  app.get(
    '/customers/:id',
    {
      schema: {
        operationId: 'getCustomer',
        summary: 'Get a customer',
        description:
          'The answer has an ETag. Send it in `If-None-Match` to get a changed customer only, or in `If-Match` to overwrite no change of another client.',
        tags: ['customers'],
        params: CustomerParamsSchema,
        headers: IfNoneMatchSchema,
        response: { ...customerResponse, ...notModifiedResponse },
      },
      config: { problems: [customerNotFound] },
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
