import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { validationFailed } from '@pair/service-kit';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { uuidv7 } from 'uuidv7';
import { IdempotencyKeySchema, parseIdempotencyKey } from '../idempotency/idempotency-key.ts';
import { keyBudget, tooManyKeys } from '../idempotency/key-budget.ts';
import {
  fingerprintOf,
  type KeptAnswer,
  keyReused,
  requestInProgress,
  runOnce,
} from '../idempotency/run-once.ts';
import { entityTag, preconditionOf } from './entity-tag.ts';
import { type CustomerFields, MEMBER_NAMES, storedFields } from './members.ts';
import { explainMissedWrite, preconditionFailed } from './missed-write.ts';
import type { Customer } from './repository.ts';
import { CACHE_CONTROL, customerNotFound, sendCustomer } from './representation.ts';
import {
  CustomerParamsSchema,
  createdResponse,
  customerResponse,
  deletedResponse,
  NewCustomerSchema,
  WritePreconditionSchema,
} from './schemas.ts';

export const writeRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const replays = app.metrics.counter({
    name: 'customers_idempotent_replays_total',
    help: 'Answers to a retry with an Idempotency-Key, from the first request',
  });
  replays.inc({}, 0);
  const once = { budget: keyBudget(), noteReplay: () => replays.inc({}) };

  app.post(
    '/customers',
    {
      schema: {
        operationId: 'createCustomer',
        summary: 'Create a customer',
        description:
          'With an Idempotency-Key you can retry safely. You get 409 while the first request is running, and 422 if the key was used for another body. A refused request does not use up its key.',
        tags: ['customers'],
        headers: IdempotencyKeySchema,
        body: NewCustomerSchema,
        response: createdResponse,
      },
      config: { problems: [requestInProgress, validationFailed, keyReused, tooManyKeys] },
    },
    async (request, reply) => {
      const fields = storedFields(request.body);
      const create = async (within?: NodePgDatabase) =>
        answerOfCreation(reply, await app.customers.create(uuidv7(), fields, within));
      const key = parseIdempotencyKey(request.headers['idempotency-key']);
      const { status, headers, body } =
        key === undefined
          ? await create()
          : await runOnce(app.pg.pool, keyedRequest(request, key, fields), create, once);
      return reply.code(status).headers(headers).type('application/json; charset=utf-8').send(body);
    },
  );

  app.put(
    '/customers/:id',
    {
      schema: {
        operationId: 'replaceCustomer',
        summary: 'Replace a customer, or create one with an id of your choice',
        description: 'To create a customer, send `If-None-Match: *`. You get 412 if the id exists.',
        tags: ['customers'],
        params: CustomerParamsSchema,
        headers: WritePreconditionSchema,
        body: NewCustomerSchema,
        response: { ...customerResponse, ...createdResponse },
      },
      config: { problems: [customerNotFound, preconditionFailed] },
    },
    async (request, reply) => {
      const { id } = request.params;
      const fields = storedFields(request.body);
      const precondition = preconditionOf(request.headers);
      if (precondition.isNew) {
        // If-Match comes first (RFC 9110 §13.2.2), and no customer can exist and be new
        const created = precondition.expected === null ? await app.customers.createAs(id, fields) : undefined;
        if (created === undefined) throw preconditionFailed();
        reply.code(201).header('location', `/customers/${created.id}`);
        return sendCustomer(reply, created);
      }
      const customer = await app.customers.update(id, fields, precondition);
      if (customer === undefined) throw await explainMissedWrite(app.customers, id, precondition);
      return sendCustomer(reply, customer);
    },
  );

  app.delete(
    '/customers/:id',
    {
      schema: {
        operationId: 'deleteCustomer',
        summary: 'Delete a customer',
        description:
          'You cannot undo it. Send `If-Match` to delete only the version that you know; if the customer has changed, you get 412.',
        tags: ['customers'],
        params: CustomerParamsSchema,
        headers: WritePreconditionSchema,
        response: deletedResponse,
      },
      config: { problems: [customerNotFound, preconditionFailed] },
    },
    async (request, reply) => {
      const precondition = preconditionOf(request.headers);
      const { id } = request.params;
      const isRemoved = await app.customers.remove(id, precondition);
      if (!isRemoved) throw await explainMissedWrite(app.customers, id, precondition);
      return reply.code(204).send();
    },
  );
};

function keyedRequest(request: FastifyRequest, key: string, fields: CustomerFields) {
  return {
    subject: request.claims.sub,
    route: 'POST /customers',
    key,
    fingerprint: fingerprintOf(MEMBER_NAMES.map((name) => fields[name])),
  };
}

/** Serializes the body to text, so that a retry gets the same bytes. */
function answerOfCreation(reply: FastifyReply, customer: Customer): KeptAnswer {
  return {
    status: 201,
    headers: {
      location: `/customers/${customer.id}`,
      etag: entityTag(customer.version),
      'cache-control': CACHE_CONTROL,
    },
    body: String(reply.serializeInput({ ...customer }, '201', 'application/json')),
  };
}
