import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { securityEvents } from '../db/schema.ts';
import { findSecurityEvents } from './repository.ts';
import { AuditQuerySchema, AuditSchema } from './schemas.ts';

const MAX_EVENTS = 1_000;

/** For admins. */
export const auditRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/auth/audit',
    {
      schema: {
        operationId: 'listSecurityEvents',
        summary: 'The last 1,000 security events',
        description:
          'Sign-ins, sign-outs, reused refresh tokens, changes of passwords, users, clients and keys, for 90 days. Neither a password nor a token is among them.',
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
