import { Problem } from '@pair/service-kit';
import type { Client } from '../clients/client.ts';
import type { User } from '../db/schema.ts';

/**
 * What a token may allow: what the user may do now, for this client, as far as it was asked for at the sign-in.
 *
 * @param scope of the session (RFC 6749 §3.3); undefined when all was asked for
 */
export function grantedScopes(user: User, client: Client, scope: string | undefined): string[] {
  const asked = scope?.split(' ');
  const allowed: readonly string[] = client.scopes;
  return user.scopes.filter(
    (name) => allowed.includes(name) && (asked === undefined || asked.includes(name)),
  );
}

/**
 * RFC 6749 §3.3, §6: the scopes that are asked for, if all of them may be granted; all of these if none is named.
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
  return new Problem(422, 'invalid_scope', 'The scope has more in it than can be granted.');
}
