import { SWAGGER_UI_CLIENT_ID, SWAGGER_UI_REDIRECT_PATH } from '@pair/service-kit';
import { Type } from 'typebox';
import { CLIENT_ID_PATTERN } from '../../clients/client.ts';
import { MAX_USERNAME_LENGTH } from '../../usernames.ts';
import { MAX_RESOURCE_LENGTH, MAX_RESOURCES } from '../resource-indicators.ts';
import { RESOURCE_DESCRIPTION } from '../schemas.ts';
import { MAX_PARAMETER_LENGTH } from './authorization-request.ts';

/** RFC 6749 §4.1.1, RFC 7636 §4.3: for the document only. `readAuthorizationRequest` checks the query. */
export function authorizationQuerySchema(issuer: string) {
  return Type.Object({
    response_type: Type.Literal('code', { description: 'The only value: auth issues codes' }),
    client_id: Type.String({
      pattern: CLIENT_ID_PATTERN.source,
      description: 'The client',
      examples: [SWAGGER_UI_CLIENT_ID],
    }),
    redirect_uri: Type.String({
      format: 'uri',
      maxLength: 2_048,
      description:
        'A redirect URI that the client registered; with any port for http://127.0.0.1 and http://[::1] (RFC 8252 §7.3)',
      examples: [`${issuer}/docs/auth${SWAGGER_UI_REDIRECT_PATH}`],
    }),
    scope: Type.Optional(
      Type.String({
        maxLength: MAX_PARAMETER_LENGTH,
        description: 'Scopes, separated by spaces. Default: all scopes that the client may have',
        examples: ['customers:read'],
      }),
    ),
    state: Type.Optional(
      Type.String({
        maxLength: MAX_PARAMETER_LENGTH,
        description:
          'An unguessable value, which comes back unchanged. Up to 4,096 characters as written in a query',
        examples: ['af0ifjsldkj'],
      }),
    ),
    code_challenge: Type.String({
      description: 'BASE64URL(SHA256(code_verifier)); every client must send it (PKCE)',
      pattern: '^[A-Za-z0-9_-]{43}$',
      examples: ['E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'],
    }),
    code_challenge_method: Type.Literal('S256', { description: 'The only method' }),
    dpop_jkt: Type.Optional(
      Type.String({
        description:
          'The thumbprint (RFC 7638) of your key: only a proof of that key redeems the code (RFC 9449 §10)',
        pattern: '^[A-Za-z0-9_-]{43}$',
        examples: ['NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'],
      }),
    ),
    resource: Type.Optional(
      Type.Array(Type.String({ format: 'uri', maxLength: MAX_RESOURCE_LENGTH }), {
        maxItems: MAX_RESOURCES,
        description: RESOURCE_DESCRIPTION,
        examples: [[issuer]],
      }),
    ),
  });
}

/** The form of the page. `readAuthorizationRequest` checks the parameters of the request in it. */
export const SignInFormSchema = Type.Object(
  {
    csrf_token: Type.Optional(Type.String({ maxLength: 128 })),
    username: Type.Optional(Type.String({ maxLength: MAX_USERNAME_LENGTH })),
    password: Type.Optional(Type.String({ maxLength: 512 })),
  },
  { additionalProperties: Type.String({ maxLength: MAX_PARAMETER_LENGTH }) },
);

export const PAGE = {
  'text/html': { schema: { type: 'string', description: 'A page', examples: ['<!doctype html>…'] } },
};

export const authorizeResponses = {
  200: { description: 'The sign-in page', content: PAGE },
  303: {
    description: 'The browser goes back to the client with an error',
    headers: {
      Location: {
        type: 'string',
        required: true,
        description: 'The redirect URI, with `error`, `error_description`, `state` and `iss`',
        examples: [
          'https://app.example.com/callback?error=invalid_scope&state=af0ifjsldkj&iss=https%3A%2F%2Fapi.example.com',
        ],
      },
    },
    type: 'null',
  },
};
