import { Problem } from '@pair/service-kit';
import type { Client } from '../clients/client.ts';
import type { User } from '../db/schema.ts';

/**
 * Returns the scopes for a token: the current scopes of the user, limited to the scopes of the client and of the sign-in.
 *
 * @param scope the requested scope of the session (RFC 6749 §3.3); undefined requests all scopes
 */
export function grantedScopes(user: User, client: Client, scope: string | undefined): string[] {
  const asked = scope?.split(' ');
  const allowed: readonly string[] = client.scopes;
  return user.scopes.filter(
    (name) => allowed.includes(name) && (asked === undefined || asked.includes(name)),
  );
}

/**
 * Returns the requested scopes if all of them may be granted, and all granted scopes for an undefined request
 * (RFC 6749 §3.3, §6).
 *
 * @throws {Problem} 422 `invalid_scope`
 */
export function narrowScope<Scope extends string>(
  granted: readonly Scope[],
  scope: string | undefined,
): readonly Scope[] {
  if (scope === undefined) return granted;
  const asked = new Set(scope.split(' ').filter((name) => name !== ''));
  const narrowed = granted.filter((name) => asked.has(name));
  if (narrowed.length < asked.size) throw invalidScope();
  return narrowed;
}

export function invalidScope(): Problem {
  return new Problem(422, 'invalid_scope', 'The requested scope exceeds what can be granted.');
}
