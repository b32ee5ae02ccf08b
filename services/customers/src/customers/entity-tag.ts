import { Problem, parseEntityTags } from '@pair/service-kit';

/** Strong, because it changes with every write of the row. */
export function entityTag(version: number): string {
  return `"${version}"`;
}

/**
 * If-Match (RFC 9110 §13.1.1) as the versions of which the row must have one; null is any version. The comparison
 * is strong: a weak tag matches nothing, and neither does one that we never gave.
 *
 * @throws {Problem} 400 for what is no list of tags: a precondition that is not understood must not be passed over
 */
export function expectedVersions(ifMatch: string | undefined): string[] | null {
  if (ifMatch === undefined || ifMatch.trim() === '*') return null;
  const tags = parseEntityTags(ifMatch);
  if (tags === undefined) {
    throw new Problem(400, 'invalid_request', 'The header is not valid: see errors.', {
      errors: [{ pointer: '/if-match', detail: 'must be * or a list of entity tags such as "1"' }],
    });
  }
  return tags.filter((tag) => !tag.startsWith('W/')).map((tag) => tag.slice(1, -1));
}
