/** RFC 9110 §8.8.3: `[W/]"opaque"`. The opaque part may hold commas, so a list cannot be split at them. */
const TAG = String.raw`(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"`;
const TAGS = new RegExp(TAG, 'g');
/** A list of RFC 9110 §5.6.1: a recipient must accept empty members. */
const TAG_LIST = new RegExp(String.raw`^(?:[ \t,]*${TAG}(?=[ \t]*(?:,|$)))+[ \t,]*$`);

/** Returns the tags of a list exactly as the client wrote them; undefined if the field is no such list. */
export function parseEntityTags(field: string): string[] | undefined {
  return TAG_LIST.test(field) ? (field.match(TAGS) ?? undefined) : undefined;
}

/**
 * Evaluates the If-None-Match of a GET (RFC 9110 §13.1.2): true if the client already has the content with the tag
 * `current`. The comparison is weak. A malformed list matches nothing, so that the client gets the full answer.
 */
export function noneMatchFails(ifNoneMatch: string | undefined, current: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return parseEntityTags(ifNoneMatch)?.some((tag) => tag.replace(/^W\//, '') === current) ?? false;
}
