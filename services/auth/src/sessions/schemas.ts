import { type Static, Type } from 'typebox';
import { ACCESS_TOKEN_LIFETIME_SECONDS } from '../tokens/access-token-lifetime.ts';
import { PasswordSchema, ScopeSchema, UsernameSchema } from '../users/schemas.ts';

const RefreshTokenSchema = Type.String({
  minLength: 1,
  maxLength: 256,
  description: 'Opaque. Works once: each refresh gives the next one',
  examples: [`rt_${'A'.repeat(107)}`],
});

export const LoginSchema = Type.Object(
  {
    username: UsernameSchema,
    password: PasswordSchema,
  },
  { additionalProperties: false },
);

export const RefreshSchema = Type.Object(
  {
    refresh_token: RefreshTokenSchema,
    scope: Type.Optional({
      ...ScopeSchema,
      description: 'Fewer scopes, for this access token alone (RFC 6749 §6). Default: all that the user has',
    }),
  },
  { additionalProperties: false },
);

const RefreshTokenBodySchema = Type.Object(
  { refresh_token: RefreshTokenSchema },
  { additionalProperties: false },
);

/** The token is in the Authorization header, in the body, or both. */
export const LogoutSchema = Type.Unsafe<Static<typeof RefreshTokenBodySchema> | null>({
  ...RefreshTokenBodySchema,
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

const SidSchema = Type.String({
  pattern: '^[A-Za-z0-9_-]{21}[AQgw]$',
  description: 'The `sid` in the access tokens of the session',
});

export const SessionParamsSchema = Type.Object({ id: SidSchema });

export const SessionsSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      id: SidSchema,
      created_at: Type.String({ format: 'date-time' }),
      last_used_at: Type.String({
        format: 'date-time',
        description: 'When it was begun or refreshed; access tokens are used without auth knowing',
      }),
      address: Type.String({ description: 'Where it was last used from' }),
      user_agent: Type.String({ description: 'What the client called itself then, up to 192 bytes' }),
      current: Type.Boolean({ description: 'Whether it is the session of this request' }),
    }),
    { description: 'At most 100, the one that was used last first' },
  ),
});
