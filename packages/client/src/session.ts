import { ApiError } from './api-error.ts';
import type { Clock } from './clock.ts';
import { type AuthPaths, operations } from './operations.ts';
import { randomKey } from './random-key.ts';
import type { Send } from './send.ts';
import type { TokenStorage, Tokens } from './tokens.ts';

/** So long before it expires an access token is renewed: it must still be good when it arrives. */
const AHEAD_MS = 30_000;
/** Below the ten seconds for which a refresh token gets the same successor again. */
const REFRESH_TIMEOUT_MS = 8_000;

type Answer = AuthPaths['/auth/login']['post']['responses'][200]['content']['application/json'];

export interface Session {
  /** @throws ApiError `invalid_credentials`, or 429 */
  signIn(username: string, password: string): Promise<void>;
  signOut(): Promise<void>;
  /**
   * The tokens to send with, renewed before they expire, or because they are those that were refused. `undefined` when
   * nobody is signed in, or somebody else is than before.
   *
   * @throws ApiError `invalid_grant` when the session is over; else what kept them from being renewed
   */
  currentTokens(refused?: Tokens): Promise<Tokens | undefined>;
}

/** @param unauthorized sends without a token */
export function createSession(storage: TokenStorage, clock: Clock, unauthorized: Send): Session {
  const { POST: send } = operations<AuthPaths>(unauthorized);
  let refreshing: Promise<Tokens | undefined> | undefined;
  let lastWrite: Promise<unknown> = Promise.resolve();

  const isCurrent = (tokens: Tokens, refused: Tokens | undefined) =>
    tokens.access_token !== refused?.access_token && clock.now() < tokens.expires_at - AHEAD_MS;

  const refresh = async (refused: Tokens | undefined): Promise<Tokens | undefined> => {
    const used = await storage.get(); // anew: another tab may have refreshed meanwhile
    if (used === undefined || isCurrent(used, refused)) return used;
    const isUsed = (stored: Tokens | undefined) => stored?.refresh_token === used.refresh_token;
    try {
      const { data } = await exchange(used.refresh_token);
      return await replace(isUsed, { ...used, ...tokensOf(data) });
    } catch (error) {
      const kept = isRefused(error) ? await replace(isUsed, undefined) : await storage.get();
      if (kept !== undefined && !isUsed(kept)) return kept;
      if (!isRefused(error) && used.access_token !== refused?.access_token && clock.now() < used.expires_at)
        return used; // still good
      throw error;
    }
  };

  const tokensOf = ({ access_token, refresh_token, expires_in, scope }: Answer): Tokens => {
    return { access_token, refresh_token, expires_at: clock.now() + expires_in * 1_000, scope };
  };

  /**
   * Stores what is next, if what is there is what it should replace: whoever signed out, signed in, or refreshed in
   * another tab meanwhile was right. In turn, for an asynchronous storage may take its time between and after the two.
   *
   * @returns what is stored then
   */
  const replace = (isOld: (stored: Tokens | undefined) => boolean, next: Tokens | undefined) => {
    const replacing = lastWrite.then(async () => {
      const stored = await storage.get();
      if (!isOld(stored)) return stored;
      await storage.set(next);
      return next;
    });
    lastWrite = replacing.catch(() => undefined); // the next is not to blame
    return replacing;
  };

  /** When an answer is lost, the same token gets the same successor, but only if it is asked for again at once. */
  const exchange = (refreshToken: string) => {
    const attempt = () =>
      send('/auth/refresh', {
        body: { refresh_token: refreshToken },
        signal: AbortSignal.timeout(REFRESH_TIMEOUT_MS),
      });
    return attempt().catch((error: unknown) => {
      if (error instanceof ApiError) throw error;
      return attempt();
    });
  };

  return {
    async signIn(username, password) {
      const { data } = await send('/auth/login', { body: { username, password } });
      await replace(() => true, { ...tokensOf(data), sign_in: randomKey() });
    },

    async signOut() {
      const tokens = await storage.get();
      if (tokens === undefined) return;
      await send('/auth/logout', { body: { refresh_token: tokens.refresh_token } }).catch(
        (error: unknown) => {
          if (!isRefused(error)) throw error; // else it was over already
        },
      );
      await replace((stored) => isSameSignIn(stored, tokens), undefined);
    },

    async currentTokens(refused) {
      const tokens = await storage.get();
      if (tokens === undefined || !isSameSignIn(tokens, refused ?? tokens)) return undefined;
      if (isCurrent(tokens, refused)) return tokens;
      refreshing ??= refresh(refused).finally(() => {
        refreshing = undefined;
      });
      const renewed = await refreshing;
      return isSameSignIn(renewed, tokens) ? renewed : undefined;
    },
  };
}

/** Tokens of an earlier version are of one sign-in, as far as anybody can tell. */
function isSameSignIn(one: Tokens | undefined, other: Tokens): boolean {
  return one?.sign_in === other.sign_in;
}

/** For good: the session is over, or what was kept is no refresh token. */
function isRefused(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 'invalid_grant' || error.status === 422);
}
