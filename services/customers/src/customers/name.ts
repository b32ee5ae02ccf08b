import type { StringFormat } from '@pair/service-kit';

const MAX_CODE_POINTS = 255;
/** So many code units NFC makes one code point of at most: what is longer need not be normalized, which can take long. */
const MAX_CODE_UNITS = 8 * MAX_CODE_POINTS;
/** Control characters, and halves of surrogate pairs: those have no UTF-8, so PostgreSQL could not keep them. */
const REFUSED = /[\p{Cc}\p{Cs}]/u;

/** One form for what looks the same: NFC, without white space around it. This is what is stored. */
export function normalizeName(text: string): string {
  return text.normalize('NFC').trim();
}

export const nameFormat: StringFormat = {
  validate(text) {
    if (text.trim().length > MAX_CODE_UNITS) return false;
    const name = normalizeName(text);
    return name !== '' && !REFUSED.test(name) && isShort(name);
  },
  message: `must have 1 to ${MAX_CODE_POINTS} characters, white space around it not counted, and no control characters`,
  // what is sent may be longer than what is kept, as long as a body may be
  published: { minLength: 1, maxLength: 16_384, pattern: String.raw`\S` },
};

/** What a name may begin with; not trimmed, for a space may be inside a name. */
export const namePrefixFormat: StringFormat = {
  validate: (text) =>
    text !== '' && text.length <= MAX_CODE_UNITS && !REFUSED.test(text) && isShort(text.normalize('NFC')),
  message: `must have 1 to ${MAX_CODE_POINTS} characters, and no control characters`,
  // NFC makes one code point of four at most
  published: { minLength: 1, maxLength: 4 * MAX_CODE_POINTS },
};

/** In code points, of which there are never more than code units. */
function isShort(text: string): boolean {
  return text.length <= MAX_CODE_POINTS || [...text].length <= MAX_CODE_POINTS;
}
