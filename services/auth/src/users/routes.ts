import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { SCOPES, type Scope } from '@pair/access-token';
import { jsonContentType, Problem, parseJson, problemResponses } from '@pair/service-kit';
import type { FastifyInstance } from 'fastify';
import { uuidv7 } from 'uuidv7';
import { requireGoodPassword } from './password-rules.ts';
import type { User } from './repository.ts';
import {
  CreateUserSchema,
  decodeCursor,
  encodeCursor,
  ListUsersQuerySchema,
  ManagedUserSchema,
  RegisterSchema,
  UpdateUserSchema,
  UserPageSchema,
  UserParamsSchema,
  UserSchema,
} from './schemas.ts';
import { updateUser } from './update-user.ts';

const DEFAULT_PAGE = 20;

/** For whoever is signed in. */
export const ownUserRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/auth/me',
    {
      schema: {
        operationId: 'getMe',
        summary: 'The signed-in user',
        tags: ['users'],
        response: { 200: UserSchema },
      },
    },
    async (request) => {
      const user = await app.users.findById(request.accessToken.sub);
      if (user === undefined) throw new Problem(404, 'not_found', 'This user does not exist any more.');
      return present(user);
    },
  );
};

/** For anybody, when REGISTRATION is open. */
export function registrationRoutes(options: {
  open: boolean;
  scopes: readonly string[];
}): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/auth/register',
      {
        schema: {
          operationId: 'register',
          summary: 'Make an account for oneself, if registration is open',
          tags: ['users'],
          body: RegisterSchema,
          response: { 201: UserSchema, ...problemResponses(403, 409, 413, 415, 422, 503) },
        },
        onRequest: (_request, _reply, done) => done(options.open ? undefined : REGISTRATION_CLOSED),
      },
      async (request, reply) => {
        const { username, password } = request.body;
        const user = await createUser(app, username, password, options.scopes);
        reply.code(201).header('location', '/auth/me');
        return present(user);
      },
    );
  };
}

/** For admins. */
export const userAdminRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.addContentTypeParser(jsonContentType('application/merge-patch+json'), { parseAs: 'buffer' }, parseJson);

  app.get(
    '/auth/users',
    {
      schema: {
        operationId: 'listUsers',
        summary: 'Users in the order of their names',
        tags: ['users'],
        querystring: ListUsersQuerySchema,
        response: { 200: UserPageSchema, ...problemResponses(400) },
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
        summary: 'Make a user',
        tags: ['users'],
        body: CreateUserSchema,
        response: { 201: ManagedUserSchema, ...problemResponses(409, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const { username, password, scope } = request.body;
      const user = await createUser(app, username, password, parseScope(scope ?? ''));
      reply.code(201).header('location', `/auth/users/${user.id}`);
      return presentManaged(user);
    },
  );

  app.get(
    '/auth/users/:id',
    {
      schema: {
        operationId: 'getUser',
        summary: 'One user',
        tags: ['users'],
        params: UserParamsSchema,
        response: { 200: ManagedUserSchema, ...problemResponses(400, 404) },
      },
    },
    async (request) => {
      const user = await app.users.findById(request.params.id);
      if (user === undefined) throw new Problem(404, 'not_found', 'There is no such user.');
      return presentManaged(user);
    },
  );

  app.patch(
    '/auth/users/:id',
    {
      schema: {
        operationId: 'updateUser',
        summary: 'Disable or enable a user, or set the scopes',
        description:
          'Disabling a user, or taking a scope away, ends all sessions of that user: their access tokens are refused everywhere within a second. A new scope is in the next access token.',
        tags: ['users'],
        params: UserParamsSchema,
        body: UpdateUserSchema,
        response: { 200: ManagedUserSchema, ...problemResponses(400, 404, 409, 413, 415, 422) },
      },
    },
    async (request) => {
      const { disabled, scope } = request.body;
      const user = await updateUser(app, request.params.id, {
        ...(disabled === undefined ? {} : { disabled }),
        ...(scope === undefined ? {} : { scopes: parseScope(scope) }),
      });
      return presentManaged(user);
    },
  );
};

const REGISTRATION_CLOSED = new Problem(403, 'registration_closed', 'Accounts are made by an admin here.');

async function createUser(
  app: FastifyInstance,
  username: string,
  password: string,
  scopes: readonly string[],
): Promise<User> {
  requireGoodPassword('/password', password, username);
  const user = await app.users.insert({
    id: uuidv7(),
    username: username.toLowerCase(),
    passwordHash: await app.passwords.hash(password),
    scopes: [...scopes],
  });
  if (user === undefined) throw new Problem(409, 'username_taken', 'There is a user of this name.');
  return user;
}

/** Each scope once, in one order, so that the same rights are always the same text. */
function parseScope(scope: string): Scope[] {
  const asked = new Set(scope.split(' '));
  return SCOPES.filter((known) => asked.has(known));
}

function present(user: User) {
  return {
    id: user.id,
    username: user.username,
    scope: user.scopes.join(' '),
    created_at: user.createdAt.toISOString(),
  };
}

function presentManaged(user: User) {
  return { ...present(user), disabled: user.disabled };
}
