import type { StringFormat } from '@pair/service-kit';

const MAX_CODE_POINTS = 255;
/**
 * NFC makes one code point of four at most (UAX #15). What has more is too long without a closer look: NFC sorts combining
 * marks, in a time that grows with the square of their number.
 */
const MAX_SENT_CODE_POINTS = 4 * MAX_CODE_POINTS;
/** Control characters, and halves of surrogate pairs: those have no UTF-8, so PostgreSQL could not keep them. */
const REFUSED = /[\p{Cc}\p{Cs}]/u;

/** One form for what looks the same: NFC, without white space around it. This is what is stored. */
export function normalizeName(text: string): string {
  return text.normalize('NFC').trim();
}

export const nameFormat: StringFormat = {
  validate(text) {
    if (!hasAtMost(MAX_SENT_CODE_POINTS, text.trim())) return false;
    const name = normalizeName(text);
    return name !== '' && !REFUSED.test(name) && hasAtMost(MAX_CODE_POINTS, name);
  },
  message: `must have 1 to ${MAX_CODE_POINTS} characters, white space around it not counted, and no control characters`,
  // what is sent may be longer than what is kept, as long as a body may be
  published: { minLength: 1, maxLength: 16_384, pattern: String.raw`\S` },
};

/** What a name may begin with; not trimmed, for a space may be inside a name. */
export const namePrefixFormat: StringFormat = {
  validate: (text) =>
    text !== '' &&
    hasAtMost(MAX_SENT_CODE_POINTS, text) &&
    !REFUSED.test(text) &&
    hasAtMost(MAX_CODE_POINTS, text.normalize('NFC')),
  message: `must have 1 to ${MAX_CODE_POINTS} characters, and no control characters`,
  published: { minLength: 1, maxLength: MAX_SENT_CODE_POINTS },
};

/** Code points, of which a text has at least half as many as code units, and never more. */
function hasAtMost(codePoints: number, text: string): boolean {
  if (text.length <= codePoints) return true;
  return text.length <= 2 * codePoints && [...text].length <= codePoints;
}
