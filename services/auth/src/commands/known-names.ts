import { SCOPES, type Scope } from '@pair/access-token';
import { UsageError } from '@pair/service-kit';

/** Returns the given scopes in their fixed order, each once. */
export function requireKnownScopes(given: string[]): Scope[] {
  return requireKnown('scope', given, SCOPES);
}

/**
 * Returns the given names in the order of the known ones, each once.
 *
 * @throws {UsageError} that names the known ones, if one is unknown
 */
export function requireKnown<T extends string>(what: string, given: string[], known: readonly T[]): T[] {
  if (!given.every((name) => (known as readonly string[]).includes(name))) {
    throw new UsageError(`Each ${what} must be one of ${known.join(', ')}.`);
  }
  return known.filter((name) => given.includes(name));
}
