import cookie from '@fastify/cookie';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { declareErrors, type ErrorForm, type Problem, problemOf, unavailable } from '@pair/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SealingKeys } from '../../crypto/sealing-keys.ts';
import { originOf } from '../../sessions/origin.ts';
import { type Credentials, signIn } from '../../sessions/sign-in.ts';
import { bearerErrorForm } from '../oauth-error.ts';
import type { Recipients } from '../resource-indicators.ts';
import {
  type AuthorizationRequest,
  RedirectedError,
  readAuthorizationRequest,
  unknownClient,
} from './authorization-request.ts';
import { authorizationResponse } from './authorization-response.ts';
import { csrfTokens, FORM_LIFETIME_MS } from './csrf-tokens.ts';
import { errorPage, sendErrorPage, sendFormPage } from './page.ts';
import type { Product } from './product.ts';
import { authorizationQuerySchema, authorizeResponses, PAGE, SignInFormSchema } from './schemas.ts';
import { signInPage } from './sign-in-page.ts';

const REFUSALS = {
  stale: 'This page was open for too long, or another page replaced it. Sign in again.',
  'without cookie': 'Your browser blocks cookies: allow cookies for this site. Sign in again.',
};
const BUSY = 'We cannot sign you in at the moment. Try again in a few seconds.';

/**
 * RFC 6749 §4.1.1. The browser has no session, and the user has nothing to consent to: each request asks for the password,
 * and to sign in is to consent.
 */
export function authorizeRoutes({
  issuer,
  audience,
  sealingKeys,
  product,
}: Recipients & { sealingKeys: SealingKeys; product: Product }): FastifyPluginAsyncTypebox {
  const isSecure = issuer.startsWith('https:');
  // the prefix makes a browser take it from this host only, over TLS (RFC 6265bis §4.1.3.2)
  const cookieName = isSecure ? '__Host-sign-in' : 'sign-in';
  // not `strict`: a page that another site links to would not get it, and would replace the cookie of another tab
  const cookieOptions = {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: isSecure,
    maxAge: FORM_LIFETIME_MS / 1_000,
  } as const;

  return async (app) => {
    await app.register(cookie);
    const csrf = csrfTokens(sealingKeys);
    app.setErrorHandler(answerWithPage(product));
    declareErrors(app, { form: pageForm });

    function sendForm(
      reply: FastifyReply,
      request: AuthorizationRequest,
      again?: { statusCode: number; username: string; alert: string },
    ): FastifyReply {
      const cookie = csrf.cookieFor(reply.request.cookies[cookieName]);
      reply.setCookie(cookieName, cookie, cookieOptions);
      const { statusCode = 200, username = '', alert } = again ?? {};
      const csrfToken = csrf.issue(cookie);
      return sendFormPage(
        reply,
        statusCode,
        signInPage({ product, request, issuer, csrfToken, username, alert }),
      );
    }

    app.get(
      '/oauth/authorize',
      {
        schema: {
          operationId: 'authorize',
          summary: 'Open the page to sign in to a client',
          description:
            'For browsers. After the sign-in the browser goes to the redirect URI with `code`, `state` and `iss`. An error in the client or the redirect URI is shown to the user; any other error goes to the redirect URI, as `error`.',
          tags: ['oauth'],
          querystring: authorizationQuerySchema(issuer),
          response: authorizeResponses,
        },
        config: { problems: [unknownClient, unavailable] },
        // the handler checks the query: some errors go back to the client
        validatorCompiler: () => () => true,
      },
      async (request, reply) => {
        const query = new URL(request.url, issuer).searchParams;
        return sendForm(reply, await readAuthorizationRequest(app, { issuer, audience }, query));
      },
    );

    app.post(
      '/oauth/authorize',
      { schema: { hide: true, consumes: ['application/x-www-form-urlencoded'], body: SignInFormSchema } },
      async (request, reply) => {
        const { csrf_token: csrfToken, username: typed = '', password = '', ...parameters } = request.body;
        const username = typed.trim(); // phone keyboards add a space
        const query = new URLSearchParams(parameters);
        const authorization = await readAuthorizationRequest(app, { issuer, audience }, query);
        const sent = { cookie: request.cookies[cookieName], fetchSite: request.headers['sec-fetch-site'] };
        const check = csrf.check(csrfToken, sent);
        if (check !== 'good') {
          return sendForm(reply, authorization, { statusCode: 400, username, alert: REFUSALS[check] });
        }
        try {
          const code = await codeFor(request, authorization, { username, password });
          return redirect(reply, authorizationResponse({ ...authorization, issuer }, { code }));
        } catch (error) {
          const problem = problemOf(error, request);
          if (problem.statusCode === 500) return sendProblemPage(reply, product, problem);
          if (problem.headers?.['retry-after'] !== undefined) {
            reply.header('retry-after', problem.headers['retry-after']);
          }
          const alert = alertOf(problem);
          // a 401 must name a scheme of HTTP authentication
          const statusCode = problem.statusCode === 401 ? 403 : problem.statusCode;
          return sendForm(reply, authorization, { statusCode, username, alert });
        }
      },
    );
  };
}

/** @throws {Problem} 401 `invalid_credentials`, 429, 503 */
async function codeFor(
  request: FastifyRequest,
  { client, redirectUri, scope, codeChallenge, dpopJkt: jkt }: AuthorizationRequest,
  credentials: Credentials,
): Promise<string> {
  const { sessions, accessTokenSigner } = request.server;
  accessTokenSigner(); // throws while no token could be signed for the code
  const { session } = await signIn(request, client, credentials, (user) =>
    sessions.beginAuthorization(user, scope, { client, redirectUri, codeChallenge, jkt }, originOf(request)),
  );
  return session.code;
}

/** 303: the browser goes on with a GET, and never sends the password again. */
function redirect(reply: FastifyReply, location: string): FastifyReply {
  return reply.code(303).headers({ location, 'cache-control': 'no-store' }).send();
}

function answerWithPage(product: Product) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    if (error instanceof RedirectedError) redirect(reply, error.location);
    else sendProblemPage(reply, product, problemOf(error, request));
  };
}

function sendProblemPage(reply: FastifyReply, product: Product, problem: Problem): FastifyReply {
  if (problem.headers !== undefined) reply.headers(problem.headers);
  const statusCode = statusOf(problem);
  const error = { statusCode, code: problem.code, detail: textOf(problem), requestId: reply.request.id };
  return sendErrorPage(reply, statusCode, errorPage(product, error));
}

/** The text above the form: a person reads minutes more easily than the seconds of the problem. */
function alertOf({ statusCode, code, message, headers }: Problem): string {
  if (statusCode === 503) return BUSY;
  if (statusCode !== 429) return message;
  const minutes = Math.ceil(Number(headers?.['retry-after']) / 60);
  const reason =
    code === 'too_many_sign_ins'
      ? 'This account has signed in too often.'
      : 'There were too many failed attempts to sign in.';
  return `${reason} Try again in ${minutes === 1 ? '1 minute' : `${minutes} minutes`}.`;
}

function statusOf({ statusCode }: Problem): number {
  return statusCode === 422 ? 400 : statusCode;
}

/** The form of `answerWithPage`, for the document. The gateway answers 429 as below all of `/oauth`. */
const pageForm: ErrorForm = {
  statusOf,
  contentOf: (problems) =>
    problems.some(({ code }) => code === 'too_many_requests') ? bearerErrorForm.contentOf(problems) : PAGE,
};

function textOf({ statusCode, message }: Problem): string {
  return statusCode === 422 ? 'The form is not valid: go back, and sign in again.' : message;
}
