import { SCOPES, type Scope } from '@pair/access-token';
import { Problem } from '@pair/service-kit';
import type { User } from '../db/schema.ts';

/** Returns each scope once, in a fixed order, so that the same rights are always the same text. */
export function parseScope(scope: string): Scope[] {
  const asked = new Set(scope.split(' '));
  return SCOPES.filter((known) => asked.has(known));
}

/** The representation of a user for the user. */
export function present(user: User) {
  return {
    id: user.id,
    username: user.username,
    scope: user.scopes.join(' '),
    created_at: user.createdAt.toISOString(),
  };
}

/** The representation of a user for an admin. */
export function presentManaged(user: User) {
  return { ...present(user), disabled: user.disabled };
}

/** The error for a signed-in user whose row no longer exists. */
export function userIsGone(): Problem {
  return new Problem(404, 'not_found', 'This user no longer exists.');
}
