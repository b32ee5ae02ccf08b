import { type Static, Type } from 'typebox';
import { FIRST_PARTY } from '../clients/client.ts';
import { EXAMPLE_CREDENTIALS, EXAMPLE_REFRESH_TOKEN, EXAMPLE_SID } from '../examples.ts';
import { RefreshTokenSchema, ScopeSchema } from '../tokens/schemas.ts';
import { PasswordSchema, UsernameSchema } from '../users/schemas.ts';
import { MAX_SESSIONS_OF_USER } from './session-record.ts';

export const LoginSchema = Type.Object(
  {
    username: UsernameSchema,
    password: PasswordSchema,
  },
  { title: 'Credentials', additionalProperties: false, examples: [EXAMPLE_CREDENTIALS] },
);

export const RefreshSchema = Type.Object(
  {
    refresh_token: RefreshTokenSchema,
    scope: Type.Optional({
      ...ScopeSchema,
      description: 'Fewer scopes, for this access token only (RFC 6749 §6). Default: all scopes of the user',
    }),
  },
  {
    title: 'RefreshRequest',
    additionalProperties: false,
    examples: [{ refresh_token: EXAMPLE_REFRESH_TOKEN }],
  },
);

const LogoutBodySchema = Type.Object(
  { refresh_token: Type.Optional(RefreshTokenSchema) },
  {
    title: 'LogoutRequest',
    additionalProperties: false,
    examples: [{ refresh_token: EXAMPLE_REFRESH_TOKEN }],
  },
);

/**
 * A client sends its token in the Authorization header, in the body, or in both. Some HTTP libraries send `{}` with each
 * POST.
 */
export const LogoutSchema = Type.Unsafe<Static<typeof LogoutBodySchema> | null>({
  ...LogoutBodySchema,
  type: ['object', 'null'],
});

const SidSchema = Type.String({
  pattern: '^[A-Za-z0-9_-]{21}[AQgw]$',
  description: 'The `sid` in the access tokens of the session',
  examples: [EXAMPLE_SID],
});

export const SessionParamsSchema = Type.Object({ id: SidSchema });

export const SessionsSchema = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          id: SidSchema,
          client_id: Type.String({ description: 'The client of the sign-in' }),
          created_at: Type.String({ format: 'date-time', description: 'When the session began, UTC' }),
          last_used_at: Type.String({
            format: 'date-time',
            description:
              'When the session was last refreshed, or when it began, UTC; the use of an access token does not count',
          }),
          address: Type.String({ description: 'The IP address of the last refresh, or of the sign-in' }),
          user_agent: Type.String({ description: 'The user agent at that time, up to 192 bytes' }),
          current: Type.Boolean({ description: 'True for the session of this request' }),
          dpop_bound: Type.Boolean({
            description:
              'True if its refresh tokens are bound to a key of the client: a thief without the key cannot use them (RFC 9449)',
          }),
        },
        { title: 'Session' },
      ),
      {
        maxItems: MAX_SESSIONS_OF_USER,
        description: `At most ${MAX_SESSIONS_OF_USER} sessions, the last used first`,
      },
    ),
  },
  {
    title: 'SessionList',
    description: 'Your sessions that have not ended',
    examples: [
      {
        items: [
          {
            id: EXAMPLE_SID,
            client_id: FIRST_PARTY.id,
            created_at: '2026-11-30T09:41:07.123Z',
            last_used_at: '2026-11-30T09:50:00.000Z',
            address: '192.0.2.1',
            user_agent: 'curl/8.14.1',
            current: true,
            dpop_bound: false,
          },
        ],
      },
    ],
  },
);
