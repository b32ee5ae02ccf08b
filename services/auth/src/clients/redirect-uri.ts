/** RFC 8252 §7.3: native clients listen on whichever port is free. `localhost` may be somebody else (§8.3). */
const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::\d{1,5})?(\/.*)?$/;

/** Schemes of which a URL runs a script, or is read from the machine of the user. */
const DANGEROUS = new Set(['javascript:', 'data:', 'vbscript:', 'blob:', 'file:', 'about:', 'view-source:']);

/** Whether a redirect URI is one of those that were registered: as text (RFC 9700 §2.1), but for a loopback port. */
export function isRegistered(redirectUri: string, registered: readonly string[]): boolean {
  return registered.includes(redirectUri) || registered.some((one) => isSameLoopback(one, redirectUri));
}

function isSameLoopback(registered: string, redirectUri: string): boolean {
  const [, host, path] = LOOPBACK.exec(registered) ?? [];
  const [, otherHost, otherPath] = LOOPBACK.exec(redirectUri) ?? [];
  return host !== undefined && host === otherHost && path === otherPath && URL.canParse(redirectUri);
}

/** With another port it still fits where a code is exchanged. */
const MAX_LENGTH = 2_000;

/** What is wrong with a redirect URI that is to be registered; completes the sentence "the redirect URI …". */
export function redirectUriFault(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  if (!URL.canParse(text)) return 'is not an absolute URI';
  const url = new URL(text);
  if (url.href !== text) return `must be written as ${url.href}`;
  if (text.includes('#')) return 'must have no fragment (RFC 6749 §3.1.2)';
  if (url.username !== '' || url.password !== '') return 'must have no user name';
  if (DANGEROUS.has(url.protocol)) return `must not have the scheme ${url.protocol}`;
  const isLocal = LOOPBACK.test(text) || url.hostname === 'localhost';
  if (url.protocol === 'http:' && !isLocal) return 'must be https, or http on the loopback interface';
  // RFC 8252 §7.1: a private-use scheme is a domain name of the client's, in reverse
  if (!/^https?:$/.test(url.protocol) && !url.protocol.includes('.')) {
    return 'must be https, http on the loopback interface, or a scheme with a dot, such as com.example.app:';
  }
  return undefined;
}
