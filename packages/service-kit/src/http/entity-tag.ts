/** RFC 9110 §8.8.3: `[W/]"opaque"`. The opaque part may hold commas, so a list cannot be split at them. */
const TAG = String.raw`(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"`;
const TAGS = new RegExp(TAG, 'g');
/** RFC 9110 §5.6.1: a list, in which a recipient bears empty members. */
const TAG_LIST = new RegExp(String.raw`^(?:[ \t,]*${TAG}(?=[ \t]*(?:,|$)))+[ \t,]*$`);

/** The tags of a list, as they were written; undefined when it is none. */
export function parseEntityTags(field: string): string[] | undefined {
  return TAG_LIST.test(field) ? (field.match(TAGS) ?? undefined) : undefined;
}

/**
 * If-None-Match (RFC 9110 §13.1.2) of a GET: true when the client has what `current` is the tag of. The comparison is
 * weak. What is no list of tags matches nothing, so that the client gets the full answer.
 */
export function noneMatchFails(ifNoneMatch: string | undefined, current: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return parseEntityTags(ifNoneMatch)?.some((tag) => tag.replace(/^W\//, '') === current) ?? false;
}
