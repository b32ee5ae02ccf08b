import { Problem } from '@pair/service-kit';

/** RFC 9110 §8.8.3: `[W/]"opaque"`. The opaque part may hold commas, so a list cannot be split at them. */
const TAG = String.raw`(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"`;
const TAGS = new RegExp(TAG, 'g');
/** RFC 9110 §5.6.1: a list, in which a recipient bears empty members. */
const TAG_LIST = new RegExp(String.raw`^(?:[ \t,]*${TAG}(?=[ \t]*(?:,|$)))+[ \t,]*$`);

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
  const tags = parseTags(ifMatch);
  if (tags === undefined) {
    throw new Problem(400, 'invalid_request', 'The header is not valid: see errors.', {
      errors: [{ pointer: '/if-match', detail: 'must be * or a list of entity tags such as "1"' }],
    });
  }
  return tags.filter((tag) => !tag.startsWith('W/')).map((tag) => tag.slice(1, -1));
}

/**
 * If-None-Match (RFC 9110 §13.1.2) of a GET: true when the client has this version already. The comparison is weak.
 * What is no list of tags matches nothing, so that the client gets the full answer.
 */
export function noneMatchFails(ifNoneMatch: string | undefined, version: number): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  const current = entityTag(version);
  return parseTags(ifNoneMatch)?.some((tag) => tag.replace(/^W\//, '') === current) ?? false;
}

function parseTags(field: string): string[] | undefined {
  return TAG_LIST.test(field) ? (field.match(TAGS) ?? undefined) : undefined;
}
