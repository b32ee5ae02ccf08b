import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Problem, unavailable } from '@pair/service-kit';
import { createUser, usernameTaken } from './create-user.ts';
import { present, userIsGone } from './representation.ts';
import { RegisterSchema, UserSchema } from './schemas.ts';

/** For whoever is signed in. */
export const ownUserRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/auth/me',
    {
      schema: {
        operationId: 'getMe',
        summary: 'The signed-in user',
        tags: ['account'],
        response: { 200: UserSchema },
      },
      config: { problems: [userIsGone] },
    },
    async (request) => {
      const user = await app.users.findById(request.claims.sub);
      if (user === undefined) throw userIsGone();
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
          tags: ['account'],
          body: RegisterSchema,
          response: { 201: UserSchema },
        },
        config: { problems: [registrationClosed, usernameTaken, unavailable] },
        onRequest: (_request, _reply, done) => done(options.open ? undefined : registrationClosed()),
      },
      async (request, reply) => {
        const { username, password } = request.body;
        const user = await createUser(app, username, password, options.scopes);
        app.audit.record(request, {
          event: 'user_registered',
          outcome: 'succeeded',
          actorId: user.id,
          userId: user.id,
          detail: user.scopes.join(' '),
        });
        reply.code(201).header('location', '/auth/me');
        return present(user);
      },
    );
  };
}

function registrationClosed(): Problem {
  return new Problem(403, 'registration_closed', 'Accounts are made by an admin here.');
}
