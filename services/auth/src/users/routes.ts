import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Problem, unavailable } from '@pair/service-kit';
import { createUser, usernameTaken } from './create-user.ts';
import { present, userIsGone } from './representation.ts';
import { RegisterSchema, UserSchema } from './schemas.ts';

/** Routes for signed-in users. */
export const ownUserRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/auth/me',
    {
      schema: {
        operationId: 'getMe',
        summary: 'Get your account',
        description:
          'Shows the scopes of your account now. An access token has the scopes of the time when it was issued.',
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

/** The public registration, which refuses every request unless REGISTRATION is open. */
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
          summary: 'Register an account',
          description:
            'Works only if the operator has opened registration; otherwise the answer is 403 `registration_closed`.',
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
  return new Problem(
    403,
    'registration_closed',
    'Registration is closed: ask an administrator for an account.',
  );
}
