import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { invalidToken } from '@pair/access-token';
import type { Problem } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';
import { type Userinfo, UserinfoSchema } from './schemas.ts';

/**
 * The user of an access token (OpenID Connect Core §5.3), for clients that get no `id_token`. GET and POST mean the same
 * (§5.3.1).
 */
export const userinfoRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/oauth/userinfo',
    {
      schema: {
        operationId: 'getUserinfo',
        summary: 'Get the id and the name of the user of an access token',
        description:
          'For the access token of any user, with any scope. A client that acts for itself has no user, and gets 403. POST does the same.',
        tags: ['oauth'],
        response: { 200: UserinfoSchema },
      },
      config: { problems: [accountIsGone] },
    },
    userinfo,
  );

  const consumes = ['application/x-www-form-urlencoded'];
  const ofPost = { hide: true, consumes, response: { 200: UserinfoSchema } };
  app.post('/oauth/userinfo', { schema: ofPost }, userinfo);
};

async function userinfo({ server, claims }: FastifyRequest): Promise<Userinfo> {
  const user = await server.users.findById(claims.sub);
  if (user === undefined || user.disabled) throw accountIsGone();
  return { sub: user.id, preferred_username: user.username };
}

function accountIsGone(): Problem {
  return invalidToken('The account of the token is disabled, or no longer exists.');
}
