import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { securityEvents } from '../db/schema.ts';
import { findSecurityEvents } from './repository.ts';
import { AuditQuerySchema, AuditSchema, MAX_EVENTS } from './schemas.ts';

/** Routes for admins. */
export const auditRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/auth/audit',
    {
      schema: {
        operationId: 'listSecurityEvents',
        summary: 'List the latest security events',
        description:
          'Returns up to 1,000 events of the last 90 days: sign-ins, sign-outs, reused refresh tokens, and changes of passwords, users, clients and keys. No event contains a password or a token.',
        tags: ['audit'],
        querystring: AuditQuerySchema,
        response: { 200: AuditSchema },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const { user_id: userId, event, limit } = request.query;
      const found = await findSecurityEvents(app.db, { userId, event, limit: Number(limit ?? MAX_EVENTS) });
      return { items: found.map(present) };
    },
  );
};

function present(row: typeof securityEvents.$inferSelect) {
  return {
    id: row.id,
    at: row.at.toISOString(),
    event: row.event,
    outcome: row.outcome,
    actor_id: row.actorId,
    user_id: row.userId,
    session_id: row.sessionId,
    client_id: row.clientId,
    request_id: row.requestId,
    address: row.address,
    session_address: row.sessionAddress,
    detail: row.detail,
  };
}
