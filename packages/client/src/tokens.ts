/** What a signed-in user has. */
export interface Tokens {
  access_token: string;
  /** Works once, and is replaced with each refresh. */
  refresh_token: string;
  /** When the access token expires: milliseconds since 1970, by the clock of this machine. */
  expires_at: number;
  /** What the access token allows, separated by spaces. */
  scope: string;
  /**
   * From which sign-in they are: the same in all that come of it by refreshing. Tokens that an earlier version has
   * stored do not say.
   */
  sign_in?: string;
}

/**
 * Where tokens are kept. It is read before each request, so clients (tabs, processes) that share one are signed in,
 * refreshed and signed out together. Both methods may be asynchronous. Keep all members, whichever they are.
 */
export interface TokenStorage {
  get(): Tokens | undefined | Promise<Tokens | undefined>;
  /** `undefined` when the user has signed out, or the refresh token was refused: sign in again. */
  set(tokens: Tokens | undefined): void | Promise<void>;
}

/** In memory, the default: out of reach of other scripts' storage access, and gone with the process or the page. */
export function memoryStorage(): TokenStorage {
  let tokens: Tokens | undefined;
  return {
    get: () => tokens,
    set: (next) => {
      tokens = next;
    },
  };
}

/** The part of the Web Storage API that is used. */
export interface WebStorageArea {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * In `localStorage`: survives a reload and is shared by all tabs of the origin. Every script of the origin can read
 * it, so use it where no foreign script runs.
 *
 * @param area `localStorage`, or `sessionStorage` for one tab alone
 * @param key under which the tokens are, as JSON
 */
export function webStorage(area: WebStorageArea, key = 'tokens'): TokenStorage {
  return {
    get: () => parsed(area.getItem(key)),
    set: (tokens) => {
      if (tokens === undefined) area.removeItem(key);
      else area.setItem(key, JSON.stringify(tokens));
    },
  };
}

/** Whatever else is under the key is as good as nothing. */
function parsed(json: string | null): Tokens | undefined {
  try {
    const tokens: Tokens | null = JSON.parse(json ?? 'null');
    return tokens?.refresh_token === undefined ? undefined : tokens;
  } catch {
    return undefined;
  }
}
