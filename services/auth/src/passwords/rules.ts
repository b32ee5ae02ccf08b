import { unprocessable } from '@pair/service-kit';
import { dictionary } from '@zxcvbn-ts/language-common';

export const MIN_LENGTH = 8;
export const MAX_LENGTH = 128;
/**
 * NFC composes at most four characters into one (UAX #15), and each has at most two code units. A longer password is refused
 * without normalization: NFC sorts combining marks, and 16 KB of them would block the event loop for 30 ms.
 */
const MAX_CODE_UNITS = 8 * MAX_LENGTH;
/** The 18,000 passwords of the list that are long enough, in lower case: 3 MB, loaded in 20 ms. */
const COMMON = new Set(
  dictionary['passwords-common'].filter((password) => password.length >= MIN_LENGTH).map(fold),
);

/** The error text for a wrong length; completes the sentence "the password …". */
export const LENGTH_RULE = `must have ${MIN_LENGTH} to ${MAX_LENGTH} characters`;

/** True if the length is allowed. It counts code points after NFC, as a person would count. */
export function hasGoodLength(password: string): boolean {
  if (password.length > MAX_CODE_UNITS || /\p{Surrogate}/u.test(password)) return false;
  const length = [...password.normalize('NFC')].length;
  return length >= MIN_LENGTH && length <= MAX_LENGTH;
}

/**
 * Returns the fault of a new password, to complete the sentence "the password …"; undefined if there is none. There are no
 * rules about the kinds of characters (NIST SP 800-63B §5.1.1.2), because such rules make passwords worse.
 */
export function passwordFault(password: string, username: string): string | undefined {
  if (!hasGoodLength(password)) return LENGTH_RULE;
  const folded = fold(password);
  if (COMMON.has(folded)) return 'is one of the most common passwords';
  if (folded === fold(username)) return 'must not be the username';
  return undefined;
}

/**
 * @param pointer the JSON Pointer of the password in the body
 * @throws {Problem} 422 `validation_failed`
 */
export function requireGoodPassword(pointer: string, password: string, username: string): void {
  const detail = passwordFault(password, username);
  if (detail !== undefined) throw unprocessable([{ pointer, detail }]);
}

function fold(password: string): string {
  return password.normalize('NFC').toLowerCase();
}
