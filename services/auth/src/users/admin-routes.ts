import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Problem, parseJson, utf8ContentType } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';
import type { User } from '../db/schema.ts';
import { createUser, usernameTaken } from './create-user.ts';
import { parseScope, presentManaged } from './representation.ts';
import {
  CreateUserSchema,
  decodeCursor,
  encodeCursor,
  ListUsersQuerySchema,
  ManagedUserSchema,
  NO_CONTENT,
  UpdateUserSchema,
  UserPageSchema,
  UserParamsSchema,
} from './schemas.ts';
import { deleteUser, lastAdmin, type UserChange, updateUser, userNotFound } from './update-user.ts';

const DEFAULT_PAGE = 20;

/** Routes for admins. */
export const userAdminRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.addContentTypeParser(utf8ContentType('application/merge-patch+json'), { parseAs: 'buffer' }, parseJson);

  app.get(
    '/auth/users',
    {
      schema: {
        operationId: 'listUsers',
        summary: 'List the users by username',
        description:
          'A page continues after the last username of the page before. Send its `next_cursor` as `cursor`, until `next_cursor` is null.',
        tags: ['users'],
        querystring: ListUsersQuerySchema,
        response: { 200: UserPageSchema },
      },
    },
    async (request) => {
      const limit = Number(request.query.limit ?? DEFAULT_PAGE);
      const after = request.query.cursor === undefined ? '' : decodeCursor(request.query.cursor);
      const found = await app.users.page(after, limit + 1);
      const items = found.slice(0, limit);
      const last = found.length > limit ? items.at(-1) : undefined;
      return {
        items: items.map(presentManaged),
        next_cursor: last === undefined ? null : encodeCursor(last.username),
      };
    },
  );

  app.post(
    '/auth/users',
    {
      schema: {
        operationId: 'createUser',
        summary: 'Create a user',
        description:
          'The user can sign in at once. Without `scope` the account has no scopes. A username that is taken, in any case, gets 409.',
        tags: ['users'],
        body: CreateUserSchema,
        response: { 201: ManagedUserSchema },
      },
      config: { problems: [usernameTaken] },
    },
    async (request, reply) => {
      const { username, password, scope } = request.body;
      const user = await createUser(app, username, password, parseScope(scope ?? ''));
      app.audit.record(request, {
        event: 'user_created',
        outcome: 'succeeded',
        userId: user.id,
        detail: user.scopes.join(' '),
      });
      reply.code(201).header('location', `/auth/users/${user.id}`);
      return presentManaged(user);
    },
  );

  app.get(
    '/auth/users/:id',
    {
      schema: {
        operationId: 'getUser',
        summary: 'Get a user',
        description: 'Shows also if the user is disabled. The list of users names the ids.',
        tags: ['users'],
        params: UserParamsSchema,
        response: { 200: ManagedUserSchema },
      },
      config: { problems: [userNotFound] },
    },
    async (request) => {
      const user = await app.users.findById(request.params.id);
      if (user === undefined) throw userNotFound();
      return presentManaged(user);
    },
  );

  app.patch(
    '/auth/users/:id',
    {
      schema: {
        operationId: 'updateUser',
        summary: 'Disable or enable a user, or set their scopes',
        description:
          'If you disable a user or remove a scope, all sessions of that user end: within a second every service refuses their access tokens. A scope that you add is in the next access token.',
        tags: ['users'],
        params: UserParamsSchema,
        consumes: ['application/merge-patch+json', 'application/json'],
        body: UpdateUserSchema,
        response: { 200: ManagedUserSchema },
      },
      config: { problems: [userNotFound, lastAdmin] },
    },
    async (request) => {
      const { disabled, scope } = request.body;
      const user = await updateAudited(request, request.params.id, {
        ...(disabled === undefined ? {} : { disabled }),
        ...(scope === undefined ? {} : { scopes: parseScope(scope) }),
      });
      return presentManaged(user);
    },
  );

  app.delete(
    '/auth/users/:id',
    {
      schema: {
        operationId: 'deleteUser',
        summary: 'Delete a user',
        description:
          'Deletes the account, and ends all sessions of the user: within a second every service refuses their tokens. The username is free again. Security events keep only the id of the user, until they are 90 days old.',
        tags: ['users'],
        params: UserParamsSchema,
        response: { 204: NO_CONTENT },
      },
      config: { problems: [userNotFound, lastAdmin] },
    },
    async (request, reply) => {
      await deleteAudited(request, request.params.id);
      return reply.code(204).send();
    },
  );
};

async function deleteAudited(request: FastifyRequest, userId: string): Promise<void> {
  const { audit } = request.server;
  try {
    const { id } = await deleteUser(request.server, userId);
    audit.record(request, { event: 'user_deleted', outcome: 'succeeded', userId: id });
  } catch (error) {
    if (isLastAdmin(error)) {
      audit.record(request, { event: 'user_deleted', outcome: 'refused', userId, detail: 'the last admin' });
    }
    throw error;
  }
}

async function updateAudited(request: FastifyRequest, userId: string, change: UserChange): Promise<User> {
  const { audit } = request.server;
  try {
    const { before, after } = await updateUser(request.server, userId, change);
    if (before.disabled !== after.disabled) {
      const event = after.disabled ? 'user_disabled' : 'user_enabled';
      audit.record(request, { event, outcome: 'succeeded', userId: after.id });
    }
    const [scope, scopeBefore] = [after.scopes.join(' '), before.scopes.join(' ')];
    if (scope !== scopeBefore) {
      audit.record(request, {
        event: 'scopes_changed',
        outcome: 'succeeded',
        userId: after.id,
        detail: scope,
      });
    }
    return after;
  } catch (error) {
    if (isLastAdmin(error)) {
      const event = change.disabled ? 'user_disabled' : 'scopes_changed';
      audit.record(request, { event, outcome: 'refused', userId, detail: 'the last admin' });
    }
    throw error;
  }
}

function isLastAdmin(error: unknown): boolean {
  return error instanceof Problem && error.code === 'last_admin';
}
