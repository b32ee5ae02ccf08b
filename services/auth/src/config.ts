import { DatabaseConfigSchema, List, ProcessConfigSchema, ServiceConfigSchema } from '@pair/service-kit';
import { type Static, Type } from 'typebox';
import { STORED_USERNAME_PATTERN, USERNAME_RULE } from './usernames.ts';

const REGISTRATION_SCOPES = ['customers:read', 'customers:write'] as const;

/** Settings of the auth service; `authService` takes them with the defaults of ISSUER and AUDIENCE filled in. */
export const AuthConfigSchema = Type.Object({
  ...ServiceConfigSchema.properties,
  KEY_ENCRYPTION_KEY: Type.String({
    pattern: '^[A-Za-z0-9_-]{43}(,[A-Za-z0-9_-]{43})?$',
    allowed: 'a key of 43 letters, digits, - and _, or two such keys with a comma between them',
    description:
      '32 random bytes as base64url; this key seals the signing keys. To change it, set two, separated by a comma: the first seals, both unseal',
  }),
  REFRESH_REPLAY_WINDOW_SECONDS: Type.Integer({
    default: 10,
    minimum: 0,
    maximum: 60,
    description:
      'How long a refresh token that was just used gets the same successor again, after a lost answer or in a second tab; 0: never',
  }),
  REGISTRATION: Type.Union([Type.Literal('closed'), Type.Literal('open')], {
    default: 'closed',
    description:
      'open: any client may register an account at POST /auth/register. closed: only an admin creates accounts',
  }),
  REGISTRATION_SCOPES: List(Type.Union(REGISTRATION_SCOPES.map((scope) => Type.Literal(scope))), {
    default: [],
    description: 'Scopes of registered accounts; users:admin is not allowed',
  }),
  REQUIRE_DPOP: Type.Union([Type.Literal('false'), Type.Literal('true')], {
    default: 'false',
    description:
      'true: auth issues only tokens that are bound to a key of the client (DPoP, RFC 9449). false: a client chooses, unless it was added with --dpop',
  }),
  PRODUCT_NAME: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'Name of your product on the pages where users sign in',
    }),
  ),
  PRODUCT_LOGO: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        'Logo on these pages: the path of an SVG or PNG file of at most 32 KiB, or its content as a `data:` URL in base64',
    }),
  ),
});
export type AuthConfig = Static<typeof AuthConfigSchema> & { ISSUER: string; AUDIENCE: string };

export const AuthProcessConfigSchema = Type.Object({
  ...ProcessConfigSchema.properties,
  ...AuthConfigSchema.properties,
});

/**
 * Settings of the one-shot job that migrates the database and creates the first admin. Its DATABASE_URL names the role that
 * owns the tables.
 */
export const MigrateConfigSchema = Type.Object({
  ...DatabaseConfigSchema.properties,
  SERVICE_ROLE: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 63,
      description:
        'PostgreSQL role of the service, if another role owns the tables: it gets only the rights that the service needs, and can add audit events but not change them',
    }),
  ),
  ADMIN_USERNAME: Type.String({
    default: 'admin',
    pattern: STORED_USERNAME_PATTERN,
    allowed: `${USERNAME_RULE}, in lower case`,
    description: 'Name of the first admin',
  }),
  ADMIN_PASSWORD: Type.Optional(
    Type.String({
      minLength: 8,
      maxLength: 128,
      description: 'Password of the first admin; generated and printed once if not set',
    }),
  ),
});
export type MigrateConfig = Static<typeof MigrateConfigSchema>;

const NEW_PASSWORD = Type.Optional(
  Type.String({ description: 'Password for the command that adds a user or sets a password' }),
);

/** Of a command that needs both stores. */
export const StoresConfigSchema = Type.Pick(AuthConfigSchema, [
  'DATABASE_URL',
  'DATABASE_POOLER',
  'DATABASE_DIRECT_URL',
  'REDIS_URL',
  'REDIS_SENTINEL_USERNAME',
  'REDIS_SENTINEL_PASSWORD',
  'REDIS_REPLICAS',
]);
export type StoresConfig = Static<typeof StoresConfigSchema>;

export const SetPasswordConfigSchema = Type.Object({
  ...StoresConfigSchema.properties,
  NEW_PASSWORD,
});

export const AddUserConfigSchema = Type.Object({
  ...DatabaseConfigSchema.properties,
  NEW_PASSWORD,
});

export const ResealSigningKeysConfigSchema = Type.Object({
  ...DatabaseConfigSchema.properties,
  KEY_ENCRYPTION_KEY: AuthConfigSchema.properties.KEY_ENCRYPTION_KEY,
});
