import { and, arrayContains, eq } from 'drizzle-orm';
import { users as table } from '../db/schema.ts';

/** Users who may administer now. Without one, `PATCH /auth/users` is closed to everybody: see `setPassword`. */
export const isEnabledAdmin = and(arrayContains(table.scopes, ['users:admin']), eq(table.disabled, false));
