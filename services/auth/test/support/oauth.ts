import { createHash, randomBytes } from 'node:crypto';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { ADMIN } from './auth-under-test.ts';

export const SWAGGER_REDIRECT = 'http://localhost:8080/docs/auth/static/oauth2-redirect.html';

/** Encodes a form as a browser sends it. */
export function form(fields: Record<string, string> | [string, string][]): string {
  return new URLSearchParams(fields).toString();
}

export function postForm(
  app: FastifyInstance,
  url: string,
  fields: Record<string, string> | [string, string][],
  headers: Record<string, string> = {},
): Promise<LightMyRequestResponse> {
  return app.inject({
    method: 'POST',
    url,
    payload: form(fields),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });
}

export function newVerifier(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: challengeOf(verifier) };
}

export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

export function authorizationRequest(
  challenge: string,
  overrides: Record<string, string> = {},
): Record<string, string> {
  return {
    response_type: 'code',
    client_id: 'swagger-ui',
    redirect_uri: SWAGGER_REDIRECT,
    scope: 'customers:read customers:write users:admin',
    state: 'the state',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...overrides,
  };
}

/** The state of a browser that has opened the page. */
export interface OpenedPage {
  response: LightMyRequestResponse;
  fields: Record<string, string>;
  cookie: string;
}

/** Opens the page in a browser with this cookie, or with none. */
export async function openPage(
  app: FastifyInstance,
  query: Record<string, string>,
  cookie = '',
): Promise<OpenedPage> {
  const response = await app.inject({
    url: `/oauth/authorize?${form(query)}`,
    headers: cookie === '' ? {} : { cookie },
  });
  return { response, fields: hiddenFields(response.payload), cookie: cookieOf(response) };
}

export function hiddenFields(page: string): Record<string, string> {
  const inputs = page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g);
  return Object.fromEntries([...inputs].map(([, name = '', value = '']) => [name, decodeEntities(value)]));
}

export function decodeEntities(text: string): string {
  return text.replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
}

export function cookieOf(response: LightMyRequestResponse): string {
  return response.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}

export function submit(
  app: FastifyInstance,
  page: Pick<OpenedPage, 'fields' | 'cookie'>,
  credentials: { username: string; password: string } = ADMIN,
  headers: Record<string, string> = {},
): Promise<LightMyRequestResponse> {
  return postForm(
    app,
    '/oauth/authorize',
    { ...page.fields, ...credentials },
    page.cookie === '' ? headers : { cookie: page.cookie, ...headers },
  );
}

export function parametersOf(location: unknown): Record<string, string> {
  return Object.fromEntries(new URL(String(location)).searchParams);
}

/** Returns a code for a user who has just signed in. */
export async function authorize(
  app: FastifyInstance,
  overrides: Record<string, string> = {},
  credentials = ADMIN,
): Promise<{ code: string; verifier: string }> {
  const { verifier, challenge } = newVerifier();
  const page = await openPage(app, authorizationRequest(challenge, overrides));
  const response = await submit(app, page, credentials);
  const { code } = parametersOf(response.headers.location);
  if (code === undefined) throw new Error(`no code: ${response.statusCode} ${response.payload}`);
  return { code, verifier };
}

export function redeem(
  app: FastifyInstance,
  { code, verifier }: { code: string; verifier: string },
  overrides: Record<string, string> = {},
  headers: Record<string, string> = {},
): Promise<LightMyRequestResponse> {
  return postForm(
    app,
    '/oauth/token',
    {
      grant_type: 'authorization_code',
      client_id: 'swagger-ui',
      code,
      redirect_uri: SWAGGER_REDIRECT,
      code_verifier: verifier,
      ...overrides,
    },
    headers,
  );
}
