/** Of ASCII, without a backslash: `URL` would read one as a slash, and would translate other alphabets. */
const URI = /^https?:\/\/[!-[\]-~]+$/i;
/** Characters that need no escape (RFC 3986 §2.3). */
const UNRESERVED = /[A-Za-z0-9._~-]/;

/**
 * Normalizes the URL of a proof (RFC 9449 §4.3; RFC 3986 §6.2.2 and §6.2.3): lower case of scheme and host, no default port, no
 * dots in the path, and no escape that is not needed. Query and fragment are ignored. An escaped slash stays another path.
 *
 * @returns undefined if the text is no URL of HTTP, or has a user
 */
export function targetOf(text: string): string | undefined {
  if (!URI.test(text) || !URL.canParse(text)) return undefined;
  const { origin, pathname, username, password } = new URL(text);
  if (username !== '' || password !== '') return undefined;
  return origin + pathname.replaceAll(/%[0-9A-Fa-f]{2}/g, unescapeUnreserved);
}

function unescapeUnreserved(escaped: string): string {
  const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
  return UNRESERVED.test(character) ? character : escaped.toUpperCase();
}
