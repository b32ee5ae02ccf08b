import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { invalidProof, malformedToken, tokenRequired, useNonce } from '@pair/access-token';
import { Problem, unavailable, validationFailed } from '@pair/service-kit';
import { FIRST_PARTY } from '../clients/client.ts';
import { ProofHeaderSchema } from '../dpop/schemas.ts';
import { sessionKeyOf, spendProof } from '../dpop/token-proof.ts';
import { tooManyAttempts } from '../passwords/check-password.ts';
import { noted } from '../redis/unconfirmed.ts';
import { issueTokens } from '../tokens/access-token.ts';
import { TokensSchema } from '../tokens/schemas.ts';
import { invalidScope } from '../tokens/scope.ts';
import { originOf } from './origin.ts';
import { invalidRefreshToken, refresh } from './refresh.ts';
import { tooManyRevocations } from './revoke-access-token.ts';
import { LoginSchema, LogoutSchema, RefreshSchema, SessionParamsSchema, SessionsSchema } from './schemas.ts';
import type { ListedSession } from './session-record.ts';
import { invalidCredentials, signIn } from './sign-in.ts';
import { tooManySignIns } from './sign-in-budget.ts';
import { signOut } from './sign-out.ts';

const NO_CONTENT = { description: 'Done', type: 'null' };

/** Routes without a guard: their requests carry credentials in the body, or the token whose session they end. */
export const sessionRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'));

  app.post(
    '/auth/login',
    {
      schema: {
        operationId: 'login',
        summary: 'Sign in',
        description:
          'An unknown user, a wrong password and a disabled user get the same answer. After 10 failures in 10 minutes for one username from one address (IPv6: from one /64), or 100 from one address, you get 429 from that address, also for the right password. So does an account after 10,000 sign-ins that succeeded, until one more is free every 20 seconds. Wait as many seconds as Retry-After says. A proof in the header DPoP binds the session to its key.',
        tags: ['sessions'],
        headers: ProofHeaderSchema,
        body: LoginSchema,
        response: { 200: TokensSchema },
      },
      config: {
        problems: [
          invalidProof,
          useNonce,
          invalidCredentials,
          () => tooManyAttempts(60_000),
          () => tooManySignIns(20_000),
          unavailable,
        ],
      },
    },
    async (request) => {
      const sign = app.accessTokenSigner();
      app.checkTokenProof(request, FIRST_PARTY);
      const { proof } = request;
      const { user, session } = await signIn(request, FIRST_PARTY, request.body, async (user) => {
        await spendProof(request);
        return app.sessions.create(user, FIRST_PARTY.id, originOf(request), sessionKeyOf(FIRST_PARTY, proof));
      });
      return issueTokens(sign, FIRST_PARTY, user.id, user.scopes.join(' '), session, proof);
    },
  );

  app.post(
    '/auth/refresh',
    {
      schema: {
        operationId: 'refresh',
        summary: 'Refresh an access token',
        description:
          'Returns a new access token and the successor of the refresh token. A refresh token works once. If you send the token before the newest again within a few seconds (REFRESH_REPLAY_WINDOW_SECONDS), you get the same successor, so a lost answer or a second tab costs nothing. Any other used token ends its session: all its tokens are refused from then on. A session that is bound to a key needs a proof of that key, and without it nothing happens to the session. A proof binds an unbound session from then on, unless the request is a repeat.',
        tags: ['sessions'],
        headers: ProofHeaderSchema,
        body: RefreshSchema,
        response: { 200: TokensSchema },
      },
      config: {
        problems: [invalidRefreshToken, invalidProof, useNonce, validationFailed, invalidScope, unavailable],
      },
    },
    async (request) => {
      const { refresh_token: token, scope } = request.body;
      const tokens = await refresh(request, FIRST_PARTY, token, scope);
      if (tokens === undefined) throw invalidRefreshToken();
      return tokens;
    },
  );

  app.post(
    '/auth/logout',
    {
      schema: {
        operationId: 'logout',
        summary: 'Sign out',
        description:
          'Ends the session of the Bearer token. If that token has expired, send the refresh token in the body. The access tokens of the session are refused everywhere within a second. You can repeat the request.',
        tags: ['sessions'],
        security: [{ oauth2: [] }, { bearerAuth: [] }, { dpopAuth: [] }, {}],
        body: LogoutSchema,
        response: { 204: NO_CONTENT },
      },
      config: {
        problems: [
          tokenRequired,
          malformedToken,
          invalidRefreshToken,
          invalidProof,
          useNonce,
          () => tooManyRevocations(6_000),
          unavailable,
        ],
      },
    },
    async (request, reply) => {
      await signOut(request, request.body?.refresh_token);
      return reply.code(204).send();
    },
  );
};

/**
 * Signs out everywhere. The limit of the subject does not count it: otherwise a thief who floods the API with a stolen token
 * would keep the user from ending the session. Such a flood of this route ends the session of the thief.
 */
export const signOutEverywhereRoute: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    '/auth/logout-all',
    {
      schema: {
        operationId: 'logoutAll',
        summary: 'Sign out everywhere: end all your sessions',
        description:
          'Ends the session of this request too. The access tokens of all your sessions are refused everywhere within a second.',
        tags: ['sessions'],
        response: { 204: NO_CONTENT },
      },
    },
    async (request, reply) => {
      const { sub: userId } = request.claims;
      // a token of an ended session is still accepted for a moment: such a request must not record another event
      await noted(app.sessions.endAllOfUser(userId), (count) => {
        if (count === 0) return;
        app.audit.record(request, { event: 'sign_out_everywhere', outcome: 'succeeded', userId });
      });
      return reply.code(204).send();
    },
  );
};

/** Routes about the sessions of the signed-in user. */
export const ownSessionRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/auth/sessions',
    {
      schema: {
        operationId: 'listSessions',
        summary: 'List your sessions',
        description:
          'Lists the sessions that have not ended, the last used first. `current` marks the session of this request.',
        tags: ['sessions'],
        response: { 200: SessionsSchema },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const { sub, sid } = request.claims;
      const listed = await app.sessions.listOfUser(sub);
      return { items: listed.map((session) => present(session, sid)) };
    },
  );

  app.delete(
    '/auth/sessions/:id',
    {
      schema: {
        operationId: 'endSession',
        summary: 'End one of your sessions',
        description: 'The access tokens of the session are refused everywhere within a second.',
        tags: ['sessions'],
        params: SessionParamsSchema,
        response: { 204: NO_CONTENT },
      },
      config: { problems: [noSuchSession] },
    },
    async (request, reply) => {
      const { id: sessionId } = request.params;
      const ended = await noted(app.sessions.end(sessionId, request.claims.sub), (userId) => {
        if (userId === undefined) return;
        app.audit.record(request, { event: 'session_ended', outcome: 'succeeded', userId, sessionId });
      });
      if (ended === undefined) throw noSuchSession();
      return reply.code(204).send();
    },
  );
};

function noSuchSession(): Problem {
  return new Problem(404, 'not_found', 'You have no session with this id: list your sessions to find it.');
}

function present(session: ListedSession, currentSid: string | undefined) {
  return {
    id: session.sid,
    client_id: session.clientId,
    created_at: new Date(session.createdAt).toISOString(),
    last_used_at: new Date(session.usedAt).toISOString(),
    address: session.address,
    user_agent: session.userAgent,
    current: session.sid === currentSid,
    dpop_bound: session.isBound,
  };
}
