import { SCOPES } from '@pair/access-token';
import { type Static, Type } from 'typebox';
import { EXAMPLE_REFRESH_TOKEN, EXAMPLE_TOKENS, EXAMPLE_USER } from '../examples.ts';

const SCOPE = `(?:${SCOPES.join('|')})`;

export const ScopeSchema = Type.String({
  pattern: `^(?:${SCOPE}(?: ${SCOPE})*)?$`,
  maxLength: 200,
  description: `Scopes, separated by spaces (RFC 6749 §3.3), of: ${SCOPES.join(', ')}`,
  examples: [EXAMPLE_USER.scope],
});

export const RefreshTokenSchema = Type.String({
  minLength: 1,
  maxLength: 256,
  description: 'An opaque refresh token. It works once: each refresh returns its successor',
  examples: [EXAMPLE_REFRESH_TOKEN],
});

/** A string and no union, whose serializer would be slow. */
const TokenTypeSchema = Type.Unsafe<'Bearer' | 'DPoP'>(
  Type.String({
    enum: ['Bearer', 'DPoP'],
    description:
      'The scheme for the Authorization header: `Bearer` (RFC 6750), or `DPoP` if the token is bound to the key of your proof (RFC 9449 §5)',
  }),
);

/** The answer of RFC 6749 §5.1. */
export const TokensSchema = Type.Object(
  {
    access_token: Type.String({
      description:
        'The access token, a JWT (RFC 9068). Send it in the Authorization header, after `token_type`',
    }),
    token_type: TokenTypeSchema,
    expires_in: Type.Integer({ minimum: 1, description: 'The lifetime of the access token in seconds' }),
    refresh_token: RefreshTokenSchema,
    scope: ScopeSchema,
  },
  {
    title: 'Tokens',
    description: 'An access token, and a refresh token to get the next access token',
    examples: [EXAMPLE_TOKENS],
  },
);
export type Tokens = Static<typeof TokensSchema>;
