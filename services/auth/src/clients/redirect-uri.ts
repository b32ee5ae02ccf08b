/** RFC 8252 §7.3: native clients listen on any free port. Not `localhost`, which may resolve to another host (§8.3). */
const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::\d{1,5})?(\/.*)?$/;

/** Schemes whose URLs run a script, or read the machine of the user. */
const DANGEROUS = new Set(['javascript:', 'data:', 'vbscript:', 'blob:', 'file:', 'about:', 'view-source:']);

/** True if a redirect URI is registered. It must match as text (RFC 9700 §2.1), except for the port of a loopback address. */
export function isRegistered(redirectUri: string, registered: readonly string[]): boolean {
  return registered.includes(redirectUri) || registered.some((one) => isSameLoopback(one, redirectUri));
}

function isSameLoopback(registered: string, redirectUri: string): boolean {
  const [, host, path] = LOOPBACK.exec(registered) ?? [];
  const [, otherHost, otherPath] = LOOPBACK.exec(redirectUri) ?? [];
  return host !== undefined && host === otherHost && path === otherPath && URL.canParse(redirectUri);
}

/** At this length a redirect URI still fits the token request, even with a longer port. */
const MAX_LENGTH = 2_000;

/** Returns the fault of a redirect URI for registration, to complete the sentence "a redirect URI …". */
export function redirectUriFault(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  if (!URL.canParse(text)) return 'is not an absolute URI';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return 'must have no user name';
  if (url.href !== text) return `must be written as ${url.href}`;
  if (text.includes('#')) return 'must have no fragment (RFC 6749 §3.1.2)';
  if (DANGEROUS.has(url.protocol)) return `must not have the scheme ${url.protocol}`;
  const isLocal = LOOPBACK.test(text) || url.hostname === 'localhost';
  if (url.protocol === 'http:' && !isLocal) return 'must be https, or http on the loopback interface';
  // RFC 8252 §7.1: a private-use scheme is a domain name of the client in reverse order
  if (!/^https?:$/.test(url.protocol) && !url.protocol.includes('.')) {
    return 'must be https, http on the loopback interface, or a scheme with a dot, such as com.example.app:';
  }
  return undefined;
}
