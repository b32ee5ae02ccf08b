import type { StringFormat } from '@pair/service-kit';

const MAX_CODE_POINTS = 255;
/**
 * NFC composes at most four code points into one (UAX #15), so a longer text is too long in any case. It is refused without
 * NFC, which sorts combining marks in a time that grows with the square of their number.
 */
const MAX_SENT_CODE_POINTS = 4 * MAX_CODE_POINTS;
/** Control characters, and halves of surrogate pairs: these have no UTF-8, so PostgreSQL cannot store them. */
const REFUSED = /[\p{Cc}\p{Cs}]/u;

/** Returns the stored form of a name: NFC, so that equal-looking names are equal, without white space around it. */
export function normalizeName(text: string): string {
  return text.normalize('NFC').trim();
}

export const nameFormat: StringFormat = {
  validate(text) {
    if (!hasAtMost(MAX_SENT_CODE_POINTS, text.trim())) return false;
    const name = normalizeName(text);
    return name !== '' && !REFUSED.test(name) && hasAtMost(MAX_CODE_POINTS, name);
  },
  message: `must have 1 to ${MAX_CODE_POINTS} characters, not counting white space around it, and no control characters`,
  // a name in a request may be longer than the stored one: up to the limit of a body
  published: { minLength: 1, maxLength: 16_384, pattern: String.raw`\S` },
};

/** The format of a prefix of names. A prefix is not trimmed, because a name may have a space at its end. */
export const namePrefixFormat: StringFormat = {
  validate: (text) =>
    text !== '' &&
    hasAtMost(MAX_SENT_CODE_POINTS, text) &&
    !REFUSED.test(text) &&
    hasAtMost(MAX_CODE_POINTS, text.normalize('NFC')),
  message: `must have 1 to ${MAX_CODE_POINTS} characters, and no control characters`,
  published: { minLength: 1, maxLength: MAX_SENT_CODE_POINTS },
};

/** Counts code points only if it must: they are at least half as many as the code units, and never more. */
function hasAtMost(codePoints: number, text: string): boolean {
  if (text.length <= codePoints) return true;
  return text.length <= 2 * codePoints && [...text].length <= codePoints;
}
