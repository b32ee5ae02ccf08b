// A username may be an e-mail address. No part of the service sends mail, so the address is a name and proves nothing.

/** The longest e-mail address (RFC 5321 §4.5.3.1.3, without the angle brackets). */
export const MAX_USERNAME_LENGTH = 254;

/** A username as the user may type it. */
export const USERNAME_PATTERN = `^[A-Za-z0-9._@+'-]{3,${MAX_USERNAME_LENGTH}}$`;

/** A username in lower case, as PostgreSQL stores it: the constraint of the table is the same. */
export const STORED_USERNAME_PATTERN = `^[a-z0-9._@+'-]{3,${MAX_USERNAME_LENGTH}}$`;

/** Completes a sentence about a username, such as "must be". */
export const USERNAME_RULE = `3 to ${MAX_USERNAME_LENGTH} letters, digits and . _ - + @ '`;
