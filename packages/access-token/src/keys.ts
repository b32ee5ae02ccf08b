/** RFC 7515 §4.1.4 leaves `kid` to us: whatever is not one of ours never reaches a look-up, a log or a URL. */
export const KID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** Where the public keys that verify tokens come from. */
export interface KeySource {
  /** The public key as PEM (SPKI); undefined when there is no such key. Throws or rejects when nobody knows. */
  get(kid: string): string | undefined | Promise<string | undefined>;
  /** True while the key is known to be good, from memory alone. */
  has(kid: string): boolean;
}

/** The keys cannot be had now, which says nothing about the token: 503, never 401. */
export class KeysUnavailable extends Error {}
