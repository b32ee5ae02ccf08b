import { type Static, Type } from 'typebox';
import { ACCESS_TOKEN_LIFETIME_SECONDS } from '../tokens/access-token-lifetime.ts';
import { ScopeSchema, UsernameSchema } from '../users/schemas.ts';

const RefreshTokenSchema = Type.String({
  minLength: 1,
  maxLength: 256,
  description: 'Opaque. Works once: each refresh gives the next one',
  examples: [`rt_${'A'.repeat(107)}`],
});

export const LoginSchema = Type.Object(
  {
    username: UsernameSchema,
    password: Type.String({ minLength: 1, maxLength: 256, examples: ['correct horse battery staple'] }),
  },
  { additionalProperties: false },
);

export const RefreshSchema = Type.Object(
  { refresh_token: RefreshTokenSchema },
  { additionalProperties: false },
);

/** The token is in the Authorization header, in the body, or both. */
export const LogoutSchema = Type.Unsafe<Static<typeof RefreshSchema> | null>({
  ...RefreshSchema,
  type: ['object', 'null'],
});

/** RFC 6749 §5.1. */
export const TokensSchema = Type.Object({
  access_token: Type.String({ description: 'A JWT (RFC 9068), for Authorization: Bearer' }),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Seconds', examples: [ACCESS_TOKEN_LIFETIME_SECONDS] }),
  refresh_token: RefreshTokenSchema,
  scope: ScopeSchema,
});
export type Tokens = Static<typeof TokensSchema>;
