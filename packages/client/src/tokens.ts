import type { KeyPair } from 'dpop';

/** The tokens of a signed-in user. */
export interface Tokens {
  access_token: string;
  /** Works once, and is replaced with each refresh. */
  refresh_token: string;
  /** The expiry of the access token, in milliseconds since 1970, by the clock of this machine. */
  expires_at: number;
  /** The scopes of the access token, separated by spaces. */
  scope: string;
  /** The id of the sign-in, which stays the same through all refreshes. Tokens of an earlier version have none. */
  sign_in?: string;
  /** The thumbprint (RFC 7638) of the key to which the tokens are bound (DPoP). Bearer tokens have none. */
  jkt?: string;
}

/** A place for the keys of sign-ins with `dpop: true`, by thumbprint. A `Map` is one. All methods may be asynchronous. */
export interface KeyStorage {
  get(jkt: string): KeyPair | undefined | Promise<KeyPair | undefined>;
  set(jkt: string, key: KeyPair): unknown;
  delete(jkt: string): unknown;
}

/**
 * A place for tokens. The client reads it before each request, so clients (tabs, processes) that share a storage are signed
 * in, refreshed and signed out together. Both methods may be asynchronous. `set` must keep all members, also unknown ones.
 */
export interface TokenStorage {
  get(): Tokens | undefined | Promise<Tokens | undefined>;
  /** The client sets `undefined` when the user signs out, or when auth refuses the refresh token: sign in again. */
  set(tokens: Tokens | undefined): void | Promise<void>;
  /**
   * The place for the keys of the tokens: it must last as long as the tokens, and clients that share these must share it.
   * `'indexedDB'` is the database of the origin. Default: the memory of each client.
   */
  keys?: KeyStorage | 'indexedDB';
}

/** Keeps tokens in memory, the default: other scripts cannot read them, and the end of the process or page removes them. */
export function memoryStorage(): TokenStorage {
  let tokens: Tokens | undefined;
  return {
    get: () => tokens,
    set: (next) => {
      tokens = next;
    },
    keys: new Map<string, KeyPair>(),
  };
}

/** The part of the Web Storage API that `webStorage` uses. */
export interface WebStorageArea {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * Keeps tokens in `localStorage`: they survive a reload, and all tabs of the origin share them. Every script of the origin
 * can read them, so use it only where no foreign script runs. With `dpop: true` their keys are in
 * IndexedDB: a script can use them, but not export them. A tab that closes with its `sessionStorage` leaves its key there, which
 * is useless without the tokens.
 *
 * @param area `localStorage`, or `sessionStorage` for a single tab
 * @param key the key of the tokens, which are stored as JSON
 */
export function webStorage(area: WebStorageArea, key = 'tokens'): TokenStorage {
  return {
    get: () => parsed(area.getItem(key)),
    set: (tokens) => {
      if (tokens === undefined) area.removeItem(key);
      else area.setItem(key, JSON.stringify(tokens));
    },
    keys: 'indexedDB',
  };
}

/** Returns `undefined` for any text that is not tokens. */
function parsed(json: string | null): Tokens | undefined {
  try {
    const tokens: Tokens | null = JSON.parse(json ?? 'null');
    return tokens?.refresh_token === undefined ? undefined : tokens;
  } catch {
    return undefined;
  }
}
