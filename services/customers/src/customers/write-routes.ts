import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { problemResponses } from '@pair/service-kit';
import { uuidv7 } from 'uuidv7';
import { expectedVersions } from './entity-tag.ts';
import { normalizeName } from './name.ts';
import { sendCustomer } from './representation.ts';
import {
  CustomerParamsSchema,
  createdResponse,
  customerResponse,
  deletedResponse,
  IfMatchSchema,
  NewCustomerSchema,
} from './schemas.ts';
import { writeMissed } from './write-missed.ts';

export const writeRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    '/customers',
    {
      schema: {
        operationId: 'createCustomer',
        summary: 'Create a customer',
        tags: ['customers'],
        body: NewCustomerSchema,
        response: { ...createdResponse, ...problemResponses(400, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const { name, dob } = request.body;
      const customer = await app.customers.create(uuidv7(), { name: normalizeName(name), dob });
      reply.code(201).header('location', `/customers/${customer.id}`);
      return sendCustomer(reply, customer);
    },
  );

  app.put(
    '/customers/:id',
    {
      schema: {
        operationId: 'replaceCustomer',
        summary: 'Replace a customer',
        tags: ['customers'],
        params: CustomerParamsSchema,
        headers: IfMatchSchema,
        body: NewCustomerSchema,
        response: { ...customerResponse, ...problemResponses(400, 404, 412, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const { name, dob } = request.body;
      const expected = expectedVersions(request.headers['if-match']);
      const fields = { name: normalizeName(name), dob };
      const customer = await app.customers.update(request.params.id, fields, expected);
      if (customer === undefined) throw await writeMissed(app.customers, request.params.id, expected);
      return sendCustomer(reply, customer);
    },
  );

  app.delete(
    '/customers/:id',
    {
      schema: {
        operationId: 'deleteCustomer',
        summary: 'Delete a customer',
        tags: ['customers'],
        params: CustomerParamsSchema,
        headers: IfMatchSchema,
        response: { ...deletedResponse, ...problemResponses(400, 404, 412) },
      },
    },
    async (request, reply) => {
      const expected = expectedVersions(request.headers['if-match']);
      const removed = await app.customers.remove(request.params.id, expected);
      if (!removed) throw await writeMissed(app.customers, request.params.id, expected);
      return reply.code(204).send();
    },
  );
};
