import { SCOPES, type Scope } from '@pair/access-token';
import { Problem } from '@pair/service-kit';
import type { User } from '../db/schema.ts';

/** Each scope once, in one order, so that the same rights are always the same text. */
export function parseScope(scope: string): Scope[] {
  const asked = new Set(scope.split(' '));
  return SCOPES.filter((known) => asked.has(known));
}

/** What a user sees of oneself. */
export function present(user: User) {
  return {
    id: user.id,
    username: user.username,
    scope: user.scopes.join(' '),
    created_at: user.createdAt.toISOString(),
  };
}

/** What an admin sees of a user. */
export function presentManaged(user: User) {
  return { ...present(user), disabled: user.disabled };
}

/** Of the one who is signed in. */
export function userIsGone(): Problem {
  return new Problem(404, 'not_found', 'This user does not exist any more.');
}
