import { StoreUnavailable } from '@pair/service-kit';

/** RFC 7515 §4.1.4 leaves the form of `kid` to the issuer. Any other text never reaches a look-up, a log or a URL. */
export const KID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** A source of the public keys that verify tokens. */
export interface KeySource {
  /** The public key as PEM (SPKI); undefined if there is no such key. Throws or rejects if the source cannot know. */
  get(kid: string): string | undefined | Promise<string | undefined>;
  /** True if the key is known and valid. Reads memory alone. */
  has(kid: string): boolean;
}

/** The keys are not available now. That is no fault of the token: 503, never 401. */
export class KeysUnavailable extends StoreUnavailable {
  constructor(message: string) {
    super('signing_keys', message);
  }
}
