import { unprocessable } from '@pair/service-kit';
import { dictionary } from '@zxcvbn-ts/language-common';

export const MIN_LENGTH = 8;
export const MAX_LENGTH = 128;
/**
 * NFC makes one character of four at most (UAX #15), each of two code units at most. What is longer is too long without a
 * closer look: NFC sorts combining marks, and 16 KB of them would hold the event loop for 30 ms.
 */
const MAX_CODE_UNITS = 8 * MAX_LENGTH;
/** The 18,000 of the list that are long enough, in lower case: 3 MB, read in 20 ms. */
const COMMON = new Set(
  dictionary['passwords-common'].filter((password) => password.length >= MIN_LENGTH).map(fold),
);

/** What is told about a wrong length; completes the sentence "the password …". */
export const LENGTH_RULE = `must have ${MIN_LENGTH} to ${MAX_LENGTH} characters`;

/** Counted as a person would: in code points, after NFC. */
export function hasGoodLength(password: string): boolean {
  if (password.length > MAX_CODE_UNITS || /\p{Surrogate}/u.test(password)) return false;
  const length = [...password.normalize('NFC')].length;
  return length >= MIN_LENGTH && length <= MAX_LENGTH;
}

/**
 * What is wrong with a new password, as the end of the sentence "the password …"; undefined when nothing is. There are
 * no rules about what it is composed of (NIST SP 800-63B §5.1.1.2): they make passwords worse.
 */
export function passwordFault(password: string, username: string): string | undefined {
  if (!hasGoodLength(password)) return LENGTH_RULE;
  const folded = fold(password);
  if (COMMON.has(folded)) return 'is one of the most common passwords';
  if (folded === fold(username)) return 'must not be the username';
  return undefined;
}

/**
 * @param pointer of the password in the body
 * @throws {Problem} 422 `validation_failed`
 */
export function requireGoodPassword(pointer: string, password: string, username: string): void {
  const detail = passwordFault(password, username);
  if (detail !== undefined) throw unprocessable([{ pointer, detail }]);
}

function fold(password: string): string {
  return password.normalize('NFC').toLowerCase();
}
