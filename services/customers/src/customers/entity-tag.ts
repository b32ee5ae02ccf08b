import type { IncomingHttpHeaders } from 'node:http';
import { Problem, parseEntityTags } from '@pair/service-kit';

/** Returns a strong tag: the version changes with every write of the row. */
export function entityTag(version: number): string {
  return `"${version}"`;
}

/** The precondition of a write (RFC 9110 §13.2.2). Versions are text; null stands for any version. */
export interface Precondition {
  /** The row must have one of these versions. */
  expected: string[] | null;
  /** The row must have none of these versions. */
  unexpected: string[] | null;
  /** True if the row must not exist. */
  isNew: boolean;
  /** True if If-Match has a weak tag, which never matches. */
  hasWeakTag: boolean;
}

/** @throws {Problem} 400 for a header that is not a list of tags */
export function preconditionOf(headers: IncomingHttpHeaders): Precondition {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
  return {
    expected: expectedVersions(ifMatch),
    hasWeakTag: ifMatch?.includes('W/') === true && parseEntityTags(ifMatch)?.some(isWeak) === true,
    unexpected: unexpectedVersions(ifNoneMatch),
    isNew: ifNoneMatch?.trim() === '*',
  };
}

/**
 * Returns the versions in If-Match (RFC 9110 §13.1.1), of which the row must have one; null for any version. The comparison
 * is strong: a weak tag never matches, nor does a tag that this service never sent.
 *
 * @throws {Problem} 400 for a header that is not a list of tags: a write must not ignore a precondition
 */
export function expectedVersions(ifMatch: string | undefined): string[] | null {
  if (ifMatch === undefined || ifMatch.trim() === '*') return null;
  const tags = requireTags(ifMatch, '/if-match');
  return tags.filter((tag) => !isWeak(tag)).map((tag) => tag.slice(1, -1));
}

/** Returns the versions in If-None-Match (RFC 9110 §13.1.2), of which the row must have none. The comparison is weak. */
function unexpectedVersions(ifNoneMatch: string | undefined): string[] | null {
  if (ifNoneMatch === undefined || ifNoneMatch.trim() === '*') return null;
  return requireTags(ifNoneMatch, '/if-none-match').map((tag) => tag.replace(/^W\//, '').slice(1, -1));
}

function isWeak(tag: string): boolean {
  return tag.startsWith('W/');
}

function requireTags(field: string, pointer: string): string[] {
  const tags = parseEntityTags(field);
  if (tags !== undefined) return tags;
  throw new Problem(400, 'invalid_request', 'The header is not valid: see errors.', {
    errors: [{ pointer, detail: 'must be * or a list of entity tags such as "1"' }],
  });
}
