import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { tooManyAttempts } from '../passwords/check-password.ts';
import { changeOwnPassword, ownPassword, resetPassword, wrongPassword } from './change-password.ts';
import { userIsGone } from './representation.ts';
import { ChangePasswordSchema, NO_CONTENT, ResetPasswordSchema, UserParamsSchema } from './schemas.ts';
import { userNotFound } from './update-user.ts';

/** Routes for signed-in users. */
export const ownPasswordRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.put(
    '/auth/password',
    {
      schema: {
        operationId: 'changePassword',
        summary: 'Change your password',
        description:
          'Ends all your sessions, this one too: within a second every service refuses their tokens, and you sign in again. A wrong current password is 403 `wrong_password`, not 401, because the access token is valid; it counts as a failed attempt to sign in.',
        tags: ['account'],
        body: ChangePasswordSchema,
        response: { 204: NO_CONTENT },
      },
      config: { problems: [wrongPassword, userIsGone, () => tooManyAttempts(60_000)] },
    },
    async (request, reply) => {
      await changeOwnPassword(request, request.body.current_password, request.body.new_password);
      return reply.code(204).send();
    },
  );
};

/** Routes for admins. */
export const userPasswordRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.put(
    '/auth/users/:id/password',
    {
      schema: {
        operationId: 'resetPassword',
        summary: 'Set the password of a user',
        description:
          'For a user who has forgotten their password. Ends all sessions of the user: within a second every service refuses their tokens. A disabled user stays disabled, and after too many failed attempts to sign in the user still has to wait. Your own password you change at `PUT /auth/password`.',
        tags: ['users'],
        params: UserParamsSchema,
        body: ResetPasswordSchema,
        response: { 204: NO_CONTENT },
      },
      config: { problems: [userNotFound, ownPassword] },
    },
    async (request, reply) => {
      await resetPassword(request, request.params.id, request.body.password);
      return reply.code(204).send();
    },
  );
};
