import { hkdfSync, randomBytes } from 'node:crypto';
import { seal, unseal } from '../../crypto/seal.ts';
import type { SealingKeys } from '../../crypto/sealing-keys.ts';

export const FORM_LIFETIME_MS = 10 * 60_000;
const CONTEXT = 'sign-in form';
const EXPIRY_BYTES = 6;
const COOKIE_BYTES = 16;
/** base64url of 16 bytes. */
const COOKIE_PATTERN = /^[A-Za-z0-9_-]{22}$/;

type Check = 'good' | 'stale' | 'without cookie';

/**
 * Keeps another site from signing a browser in, for example with the password of an attacker (login CSRF, RFC 6749
 * §10.12): the token in the form must fit a cookie. Such a site can make the browser send a form with a token of its own,
 * but it can neither read nor set the cookie.
 */
interface CsrfTokens {
  /** Returns the cookie that the browser has, so that all its pages share one, or a new random one. */
  cookieFor(cookie: string | undefined): string;
  /** Returns a token for a form in the browser with this cookie. */
  issue(cookie: string): string;
  /** `good` if the token was issued here in the last ten minutes, for this browser. */
  check(token: string | undefined, sent: { cookie: string | undefined; fetchSite: unknown }): Check;
}

/**
 * Sealed rather than stored: neither an opened page nor a sent form costs memory. A token may come again within its time:
 * its form is worth nothing without the password.
 */
export function csrfTokens(sealingKeys: SealingKeys): CsrfTokens {
  const keys = sealingKeys.map((key) => Buffer.from(hkdfSync('sha256', key, '', CONTEXT, key.length))) as [
    Buffer,
    ...Buffer[],
  ];
  return {
    cookieFor: (cookie = '') =>
      COOKIE_PATTERN.test(cookie) ? cookie : randomBytes(COOKIE_BYTES).toString('base64url'),

    issue(cookie) {
      const expiresAt = Buffer.alloc(EXPIRY_BYTES);
      expiresAt.writeUIntBE(Date.now() + FORM_LIFETIME_MS, 0, EXPIRY_BYTES);
      const plaintext = Buffer.concat([expiresAt, Buffer.from(cookie, 'base64url')]);
      return seal(plaintext, keys[0], CONTEXT).toString('base64url');
    },

    check(token = '', { cookie, fetchSite }) {
      const opened = unseal(Buffer.from(token, 'base64url'), keys, CONTEXT);
      if (opened === undefined || Date.now() >= opened.readUIntBE(0, EXPIRY_BYTES)) return 'stale';
      // Fetch Metadata: no page can set this header. If a browser without a cookie opens two pages at once, the second
      // cookie replaces the first; and some browsers keep no cookies.
      if (fetchSite === 'same-origin') return 'good';
      // the token is fresh, so the cookie would be too, if the browser kept it
      if (cookie === undefined) return 'without cookie';
      return opened.subarray(EXPIRY_BYTES).equals(Buffer.from(cookie, 'base64url')) ? 'good' : 'stale';
    },
  };
}
