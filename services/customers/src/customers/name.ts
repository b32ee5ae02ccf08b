import type { StringFormat } from '@pair/service-kit';

const MAX_CODE_POINTS = 255;
/** Control characters, and halves of surrogate pairs: those have no UTF-8, so PostgreSQL could not keep them. */
const REFUSED = /[\p{Cc}\p{Cs}]/u;

/** One form for what looks the same: NFC, without white space around it. This is what is stored. */
export function normalizeName(text: string): string {
  return text.normalize('NFC').trim();
}

export const nameFormat: StringFormat = {
  validate(text) {
    const name = normalizeName(text);
    return name !== '' && !REFUSED.test(name) && [...name].length <= MAX_CODE_POINTS;
  },
  message: `must have 1 to ${MAX_CODE_POINTS} characters, white space around it not counted, and no control characters`,
};

/** What a name may begin with; not trimmed, for a space may be inside a name. */
export const namePrefixFormat: StringFormat = {
  validate: (text) =>
    text !== '' && !REFUSED.test(text) && [...text.normalize('NFC')].length <= MAX_CODE_POINTS,
  message: `must have 1 to ${MAX_CODE_POINTS} characters, and no control characters`,
};
