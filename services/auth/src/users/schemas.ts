import { integerFormat, type StringFormat } from '@pair/service-kit';
import { Type } from 'typebox';
import { EXAMPLE_CREDENTIALS, EXAMPLE_PASSWORD, EXAMPLE_USER } from '../examples.ts';
import { hasGoodLength, LENGTH_RULE, MAX_LENGTH, MIN_LENGTH } from '../passwords/rules.ts';
import { ScopeSchema } from '../tokens/schemas.ts';
import {
  MAX_USERNAME_LENGTH,
  STORED_USERNAME_PATTERN,
  USERNAME_PATTERN,
  USERNAME_RULE,
} from '../usernames.ts';

/** The rules of passwords that a schema can check; `requireGoodPassword` checks the others. */
const passwordFormat: StringFormat = {
  validate: hasGoodLength,
  message: LENGTH_RULE,
  // NFC composes at most four characters into one
  published: { format: 'password', minLength: MIN_LENGTH, maxLength: 4 * MAX_LENGTH },
};

/** Encodes the last username of a page as base64url. Clients treat the cursor as opaque, so that its meaning can change. */
export function encodeCursor(username: string): string {
  return Buffer.from(username).toString('base64url');
}

export function decodeCursor(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString();
}

/** The most users on a page. */
const MAX_PAGE = 100;

/** The base64url form of a username. */
const CURSOR = `^[A-Za-z0-9_-]{4,${Math.ceil((MAX_USERNAME_LENGTH * 4) / 3)}}$`;
const STORED_USERNAME = new RegExp(STORED_USERNAME_PATTERN);

const cursorFormat: StringFormat = {
  validate: (cursor) =>
    STORED_USERNAME.test(decodeCursor(cursor)) && encodeCursor(decodeCursor(cursor)) === cursor,
  message: 'must be next_cursor of the previous page',
  published: { pattern: CURSOR },
};

/** The string formats for `validatorCompiler`. */
export const userFormats = {
  'new-password': passwordFormat,
  'users-cursor': cursorFormat,
  'page-size': integerFormat({ minimum: 1, maximum: MAX_PAGE }),
};

export const UsernameSchema = Type.String({
  pattern: USERNAME_PATTERN,
  description: `${USERNAME_RULE}, such as an e-mail address, which nothing verifies; stored in lower case`,
  examples: [EXAMPLE_USER.username],
});

export const NewPasswordSchema = Type.String({
  format: 'new-password',
  description: `${MIN_LENGTH} to ${MAX_LENGTH} characters of any kind, counted in NFC. Must be neither the username nor a common password, even in another case`,
  examples: [EXAMPLE_PASSWORD],
});

export const UserSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid', description: 'The id, a UUIDv7; the `sub` of the user’s tokens' }),
    username: Type.String({ pattern: STORED_USERNAME_PATTERN, description: 'The username, in lower case' }),
    scope: ScopeSchema,
    created_at: Type.String({
      format: 'date-time',
      description: 'The time when the account was created, UTC',
    }),
  },
  { title: 'User', description: 'The user', examples: [EXAMPLE_USER] },
);

const EXAMPLE_MANAGED_USER = { ...EXAMPLE_USER, disabled: false };

/** The representation of a user for an admin. */
export const ManagedUserSchema = Type.Object(
  {
    ...UserSchema.properties,
    disabled: Type.Boolean({
      description: 'True if the user is disabled: a disabled user cannot sign in and has no sessions',
    }),
  },
  { title: 'ManagedUser', description: 'The user, as an admin sees it', examples: [EXAMPLE_MANAGED_USER] },
);

export const UserPageSchema = Type.Object(
  {
    items: Type.Array(ManagedUserSchema, {
      maxItems: MAX_PAGE,
      description: 'The users, in the order of their usernames',
    }),
    next_cursor: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      pattern: CURSOR,
      description: 'The cursor of the next page; null on the last page',
    }),
  },
  {
    title: 'UserPage',
    description: 'A page of users',
    examples: [{ items: [EXAMPLE_MANAGED_USER], next_cursor: encodeCursor(EXAMPLE_USER.username) }],
  },
);

export const ListUsersQuerySchema = Type.Object(
  {
    limit: Type.Optional(
      Type.String({
        format: 'page-size',
        description: 'The number of users on a page, 1 to 100; default 20',
      }),
    ),
    cursor: Type.Optional(
      Type.String({ format: 'users-cursor', description: 'next_cursor of the previous page' }),
    ),
  },
  { additionalProperties: false },
);

export const CreateUserSchema = Type.Object(
  { username: UsernameSchema, password: NewPasswordSchema, scope: Type.Optional(ScopeSchema) },
  {
    title: 'NewUser',
    additionalProperties: false,
    examples: [{ ...EXAMPLE_CREDENTIALS, scope: EXAMPLE_USER.scope }],
  },
);

export const RegisterSchema = Type.Object(
  { username: UsernameSchema, password: NewPasswordSchema },
  { title: 'Registration', additionalProperties: false, examples: [EXAMPLE_CREDENTIALS] },
);

export const UpdateUserSchema = Type.Object(
  {
    disabled: Type.Optional(
      Type.Boolean({
        description: 'True to disable the user and end all their sessions; false to enable the user',
      }),
    ),
    scope: Type.Optional(ScopeSchema),
  },
  {
    title: 'UserPatch',
    additionalProperties: false,
    minProperties: 1,
    examples: [{ scope: EXAMPLE_USER.scope }],
  },
);

/** A password to compare. A client may send a character as up to four code points (NFD): 128 such characters fit. */
export const PasswordSchema = Type.String({
  format: 'password',
  minLength: 1,
  maxLength: 4 * MAX_LENGTH,
  description: 'The password, up to 512 characters',
  examples: [EXAMPLE_PASSWORD],
});

export const ChangePasswordSchema = Type.Object(
  { current_password: PasswordSchema, new_password: NewPasswordSchema },
  {
    title: 'PasswordChange',
    additionalProperties: false,
    examples: [{ current_password: EXAMPLE_PASSWORD, new_password: 'staple battery horse correct' }],
  },
);

export const ResetPasswordSchema = Type.Object(
  { password: NewPasswordSchema },
  { title: 'PasswordReset', additionalProperties: false, examples: [{ password: EXAMPLE_PASSWORD }] },
);

export const UserParamsSchema = Type.Object({
  id: Type.String({ format: 'uuid', description: 'The id of the user', examples: [EXAMPLE_USER.id] }),
});

/** The answer 204. */
export const NO_CONTENT = { description: 'Done', type: 'null' };
