import { SCOPES, type Scope } from '@pair/access-token';
import { OperatorError } from '@pair/service-kit';

/** Returns the given scopes in their fixed order, each once. */
export function requireKnownScopes(given: string[]): Scope[] {
  return requireKnown('scope', given, SCOPES);
}

/**
 * Returns the given names in the order of the known ones, each once.
 *
 * @throws {OperatorError} that names the first unknown one
 */
export function requireKnown<T extends string>(what: string, given: string[], known: readonly T[]): T[] {
  const unknown = given.find((name) => !(known as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new OperatorError(`There is no ${what} "${unknown}": choose from ${known.join(', ')}.`);
  }
  return known.filter((name) => given.includes(name));
}
