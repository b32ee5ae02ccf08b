import { SWAGGER_UI_CLIENT_ID } from '@pair/service-kit';
import { type Static, Type } from 'typebox';
import { FIRST_PARTY } from '../clients/client.ts';
import { GRANTS } from '../db/schema.ts';
import { EXAMPLE_CLIENT, EXAMPLE_TOKENS, EXAMPLE_USER } from '../examples.ts';
import { TokensSchema } from '../tokens/schemas.ts';
import { MAX_RESOURCE_LENGTH, MAX_RESOURCES } from './resource-indicators.ts';

/** RFC 6749 §5.2. */
export const OAuthErrorSchema = Type.Object(
  {
    error: Type.String({
      description: 'A stable code for programs, from RFC 6749, or RFC 6750 for an access token',
    }),
    error_description: Type.String({ description: 'A text for people, in ASCII' }),
  },
  { title: 'OAuthError', description: 'An error in the form of RFC 6749 §5.2' },
);
export type OAuthError = Static<typeof OAuthErrorSchema>;

/**
 * Swagger UI fills in each member of a form with its example, or with `string`. The server must be able to answer a
 * form that a user sends unchanged.
 */
const LEFT_EMPTY = { examples: [''] };

/** RFC 6749 §2.3.1. A client sends these, or the same in an `Authorization: Basic` header. */
function clientCredentials(exampleId: string) {
  return {
    client_id: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'The id of the client, unless the Authorization header has it',
        examples: [exampleId],
      }),
    ),
    client_secret: Type.Optional(
      Type.String({
        maxLength: 128,
        description: 'The secret of a confidential client, unless the Authorization header has it',
        ...LEFT_EMPTY,
      }),
    ),
  };
}

/** For the document: `requireKnownResources` checks the values. */
export const RESOURCE_DESCRIPTION =
  'The API that you want to call, once for each API: the issuer, the audience of access tokens, or a URL below one of them, without a fragment (RFC 8707 §2). The tokens are the same for every resource';

/** Unknown parameters are ignored (RFC 6749 §3.2). */
const form = { additionalProperties: true } as const;

const Code = Type.String({
  maxLength: 256,
  description: 'The authorization code. It works once, for 60 seconds',
  ...LEFT_EMPTY,
});
const RefreshToken = Type.String({
  maxLength: 256,
  description: 'It works once: each use returns its successor',
  ...LEFT_EMPTY,
});

export const TokenRequestSchema = Type.Object(
  {
    grant_type: Type.String({
      maxLength: 64,
      description: `One of: ${GRANTS.join(', ')}`,
      examples: ['refresh_token'],
    }),
    ...clientCredentials(SWAGGER_UI_CLIENT_ID),
    code: Type.Optional(Code),
    redirect_uri: Type.Optional(
      Type.String({
        maxLength: 2_048,
        description: 'With a code: the redirect URI of the authorization request',
        ...LEFT_EMPTY,
      }),
    ),
    code_verifier: Type.Optional(
      Type.String({
        pattern: '^(?:[A-Za-z0-9._~-]{43,128})?$',
        description:
          'With a code: the PKCE code verifier, from which you derived code_challenge (RFC 7636 §4.1)',
        ...LEFT_EMPTY,
      }),
    ),
    refresh_token: Type.Optional(RefreshToken),
    scope: Type.Optional(
      Type.String({
        maxLength: 200,
        description:
          'Fewer scopes than were granted, separated by spaces (RFC 6749 §3.3). Default: all of them',
        ...LEFT_EMPTY,
      }),
    ),
    resource: Type.Optional(
      Type.Array(Type.String({ maxLength: MAX_RESOURCE_LENGTH, ...LEFT_EMPTY }), {
        maxItems: MAX_RESOURCES,
        description: RESOURCE_DESCRIPTION,
        examples: [['']],
      }),
    ),
  },
  {
    ...form,
    title: 'TokenRequest',
    examples: [
      {
        grant_type: 'authorization_code',
        client_id: SWAGGER_UI_CLIENT_ID,
        code: `ac_${'A'.repeat(64)}`,
        redirect_uri: 'http://localhost:8080/docs/customers/static/oauth2-redirect.html',
        code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
      },
    ],
  },
);
export type TokenRequest = Static<typeof TokenRequestSchema>;

const { refresh_token, ...alwaysThere } = TokensSchema.properties;

/** RFC 6749 §5.1. */
export const TokenResponseSchema = Type.Object(
  { ...alwaysThere, refresh_token: Type.Optional(refresh_token) },
  {
    title: 'TokenResponse',
    description: 'An access token, and a refresh token unless the client acts for itself',
    examples: [EXAMPLE_TOKENS],
  },
);
export type TokenResponse = Static<typeof TokenResponseSchema>;

function tokenForm(exampleClientId: string) {
  return {
    token: Type.String({
      maxLength: 4_096,
      description: 'An access token or a refresh token',
      examples: [EXAMPLE_TOKENS.refresh_token],
    }),
    token_type_hint: Type.Optional(
      Type.String({ maxLength: 64, description: 'Not needed: the token shows its type', ...LEFT_EMPTY }),
    ),
    ...clientCredentials(exampleClientId),
  };
}

/** RFC 7009 §2.1. */
export const RevocationRequestSchema = Type.Object(tokenForm(SWAGGER_UI_CLIENT_ID), {
  ...form,
  title: 'RevocationRequest',
  examples: [{ token: EXAMPLE_TOKENS.refresh_token, client_id: FIRST_PARTY.id }],
});

/** RFC 7009 §2.2 ignores the body, but some clients parse it as JSON. */
export const RevocationSchema = Type.Object(
  {},
  { title: 'Revocation', description: 'The token is revoked, or was not valid', examples: [{}] },
);

/** RFC 7662 §2.1. */
export const IntrospectionRequestSchema = Type.Object(tokenForm(''), {
  ...form,
  title: 'IntrospectionRequest',
  examples: [{ token: EXAMPLE_TOKENS.access_token, ...EXAMPLE_CLIENT }],
});

/** RFC 7662 §2.2. `active` alone for a token that is not valid. */
export const IntrospectionSchema = Type.Object(
  {
    active: Type.Boolean({ description: 'True if the token is valid now' }),
    token_type: Type.Optional(Type.String({ description: '`Bearer` or `DPoP` for an access token' })),
    scope: Type.Optional(Type.String({ description: 'Scopes, separated by spaces' })),
    client_id: Type.Optional(Type.String({ description: 'The client that the token was issued to' })),
    sub: Type.Optional(Type.String({ description: 'The user, or the client that acts for itself' })),
    iss: Type.Optional(Type.String({ description: 'The issuer' })),
    aud: Type.Optional(Type.String({ description: 'The audience of an access token' })),
    iat: Type.Optional(Type.Integer({ description: 'When the token was issued, in seconds since 1970' })),
    exp: Type.Optional(Type.Integer({ description: 'When the token expires, in seconds since 1970' })),
    jti: Type.Optional(Type.String({ description: 'The id of an access token' })),
    cnf: Type.Optional(
      Type.Object(
        { jkt: Type.String({ description: 'The thumbprint of the key (RFC 7638)' }) },
        { title: 'Confirmation', description: 'The key that an access token is bound to (RFC 9449 §6.2)' },
      ),
    ),
  },
  {
    title: 'Introspection',
    description: 'The claims of the token; `active` alone if the token is not valid',
    examples: [
      {
        active: true,
        token_type: 'Bearer',
        scope: EXAMPLE_USER.scope,
        client_id: FIRST_PARTY.id,
        sub: EXAMPLE_USER.id,
        iss: 'http://localhost:8080',
        aud: 'http://localhost:8080',
        iat: 1_796_032_867,
        exp: 1_796_033_467,
        jti: '7d1f5f0e-6b52-4c5b-8f0d-2f6f7a4c8f11',
      },
    ],
  },
);
export type Introspection = Static<typeof IntrospectionSchema>;

/** OpenID Connect Core §5.3.2, with the claims that auth knows. */
export const UserinfoSchema = Type.Object(
  {
    sub: Type.String({
      format: 'uuid',
      description: 'The id of the user; also the `sub` of the access token',
    }),
    preferred_username: Type.String({ description: 'The username, in lower case' }),
  },
  {
    title: 'Userinfo',
    description: 'The user of the access token',
    examples: [{ sub: EXAMPLE_USER.id, preferred_username: EXAMPLE_USER.username }],
  },
);
export type Userinfo = Static<typeof UserinfoSchema>;

/** Every list of the metadata is shorter. */
const MAX_NAMES = 10;

const Url = (description: string) => Type.String({ format: 'uri', description });
const Names = (description: string) => Type.Array(Type.String(), { maxItems: MAX_NAMES, description });

/** RFC 8414 §2. */
export const MetadataSchema = Type.Object(
  {
    issuer: Url('The `iss` of access tokens'),
    authorization_endpoint: Url('The page where a user signs in'),
    token_endpoint: Url('The endpoint that exchanges codes and refresh tokens'),
    revocation_endpoint: Url('The endpoint that revokes tokens (RFC 7009)'),
    introspection_endpoint: Url('The endpoint that introspects tokens (RFC 7662)'),
    userinfo_endpoint: Url('The endpoint that names the user of an access token (OpenID Connect Core §5.3)'),
    jwks_uri: Url('The public keys that verify access tokens'),
    scopes_supported: Names('The scopes of tokens'),
    subject_types_supported: Names('`public`: the `sub` of a user is the same for every client'),
    response_types_supported: Names('The response types: codes only'),
    response_modes_supported: Names('The ways in which a code comes back'),
    grant_types_supported: Names('The grants that you can exchange for tokens'),
    code_challenge_methods_supported: Names('The PKCE methods, which every client must use (RFC 7636)'),
    token_endpoint_auth_methods_supported: Names('Client authentication; `none` is for public clients'),
    revocation_endpoint_auth_methods_supported: Names('Client authentication; `none` is for public clients'),
    introspection_endpoint_auth_methods_supported: Names(
      'Client authentication; for confidential clients only',
    ),
    dpop_signing_alg_values_supported: Names('The algorithms of proofs of possession (RFC 9449 §5.1)'),
    authorization_response_iss_parameter_supported: Type.Boolean({
      description: 'Always true: each authorization response has `iss` (RFC 9207)',
    }),
    request_uri_parameter_supported: Type.Boolean({
      description: 'Always false: send the parameters themselves (OpenID Connect Discovery §3)',
    }),
    service_documentation: Url('Documentation for people'),
  },
  {
    title: 'AuthorizationServerMetadata',
    description: 'The endpoints of the authorization server, and what they support',
  },
);
export type Metadata = Static<typeof MetadataSchema>;
