import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { problemResponses } from '@pair/service-kit';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { FastifyRequest } from 'fastify';
import { uuidv7 } from 'uuidv7';
import { IdempotencyKeySchema, parseIdempotencyKey } from '../idempotency/idempotency-key.ts';
import { fingerprintOf, type KeptAnswer, once } from '../idempotency/once.ts';
import { entityTag, expectedVersions } from './entity-tag.ts';
import { normalizeName } from './name.ts';
import type { Customer } from './repository.ts';
import { CACHE_CONTROL, sendCustomer } from './representation.ts';
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
        description:
          'With an Idempotency-Key a retry is safe: 409 while the first request is not answered yet, 422 when the key was used for another body. What is refused is not kept.',
        tags: ['customers'],
        headers: IdempotencyKeySchema,
        body: NewCustomerSchema,
        response: { ...createdResponse, ...problemResponses(400, 409, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const { name, dob } = request.body;
      const fields = { name: normalizeName(name), dob };
      const create = async (within?: NodePgDatabase) =>
        answerOfCreation(await app.customers.create(uuidv7(), fields, within));
      const key = parseIdempotencyKey(request.headers['idempotency-key']);
      const { status, headers, body } =
        key === undefined
          ? await create()
          : await once(app.pg.pool, keyedRequest(request, key, fields), create);
      return reply.code(status).headers(headers).type('application/json; charset=utf-8').send(body);
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

function keyedRequest(request: FastifyRequest, key: string, fields: { name: string; dob: string }) {
  return {
    subject: request.accessToken.sub,
    route: 'POST /customers',
    key,
    fingerprint: fingerprintOf([fields.name, fields.dob]),
  };
}

/** As text, so that it is the same byte for byte when it is given again. */
function answerOfCreation({ id, name, dob, updated_at, version }: Customer): KeptAnswer {
  return {
    status: 201,
    headers: {
      location: `/customers/${id}`,
      etag: entityTag(version),
      'cache-control': CACHE_CONTROL,
    },
    body: JSON.stringify({ id, name, dob, updated_at }),
  };
}
