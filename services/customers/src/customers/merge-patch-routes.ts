import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { parseJson, utf8ContentType } from '@pair/service-kit';
import { preconditionOf } from './entity-tag.ts';
import { storedChanges } from './members.ts';
import { explainMissedWrite, preconditionFailed } from './missed-write.ts';
import { customerNotFound, sendCustomer } from './representation.ts';
import {
  CustomerParamsSchema,
  CustomerPatchSchema,
  customerResponse,
  WritePreconditionSchema,
} from './schemas.ts';

const MERGE_PATCH = 'application/merge-patch+json';
/** Many clients know only this type. Here it means a merge patch too. */
const PLAIN_JSON = 'application/json';

/** Runs in a plugin of its own, with its own media types: otherwise it would misread a patch of another kind. */
export const mergePatchRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.removeAllContentTypeParsers();
  for (const type of [MERGE_PATCH, PLAIN_JSON]) {
    app.addContentTypeParser(utf8ContentType(type), { parseAs: 'buffer' }, parseJson);
  }

  app.patch(
    '/customers/:id',
    {
      schema: {
        operationId: 'patchCustomer',
        summary: 'Change some members of a customer',
        description: 'Send a JSON merge patch (RFC 7396).',
        tags: ['customers'],
        consumes: [MERGE_PATCH, PLAIN_JSON],
        params: CustomerParamsSchema,
        headers: WritePreconditionSchema,
        body: CustomerPatchSchema,
        response: customerResponse,
      },
      config: { problems: [customerNotFound, preconditionFailed] },
    },
    async (request, reply) => {
      const precondition = preconditionOf(request.headers);
      const { id } = request.params;
      const customer = await app.customers.update(id, storedChanges(request.body), precondition);
      if (customer === undefined) throw await explainMissedWrite(app.customers, id, precondition);
      return sendCustomer(reply, customer);
    },
  );
};
