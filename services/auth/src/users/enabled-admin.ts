import { and, arrayContains, eq } from 'drizzle-orm';
import { users as table } from '../db/schema.ts';

/** Selects the enabled admins. Without an enabled admin, no user may call `PATCH /auth/users`: see `setPassword`. */
export const isEnabledAdmin = and(arrayContains(table.scopes, ['users:admin']), eq(table.disabled, false));
