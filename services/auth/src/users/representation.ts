import { SCOPES, type Scope } from '@pair/access-token';
import type { User } from './repository.ts';

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
