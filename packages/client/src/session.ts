import { ApiError } from './api-error.ts';
import type { Clock } from './clock.ts';
import type { Dpop } from './dpop/dpop.ts';
import { type AuthPaths, operations } from './operations.ts';
import { randomKey } from './random-key.ts';
import type { Send } from './send.ts';
import type { TokenStorage, Tokens } from './tokens.ts';

/** So long before an access token expires the client renews it, in the background, and still uses it. */
const AHEAD_MS = 30_000;
/** So long before an access token expires the client stops using it: the token must be valid when it arrives. */
const MARGIN_MS = 2_000;
/** Less than the ten seconds in which auth answers a repeated refresh with the same successor. */
const REFRESH_TIMEOUT_MS = 8_000;

type Answer = AuthPaths['/auth/login']['post']['responses'][200]['content']['application/json'];

export interface Session {
  /** @throws ApiError `invalid_credentials`, or 429 */
  signIn(username: string, password: string): Promise<void>;
  signOut(): Promise<void>;
  /**
   * Returns the tokens for a request, and renews them first if they have expired or the services have refused them. Returns
   * `undefined` if no user is signed in, or if the refused tokens are of an earlier sign-in.
   *
   * @throws ApiError `invalid_grant` if the session is over; otherwise the error of the refresh
   */
  currentTokens(refused?: Tokens): Promise<Tokens | undefined>;
}

/**
 * @param place the tokens as they are stored
 * @param unauthorized sends without a token
 * @param dpop binds the tokens to keys; without it they are Bearer tokens
 */
export function createSession(place: TokenStorage, clock: Clock, unauthorized: Send, dpop?: Dpop): Session {
  const storage = dpop ?? place;
  const { POST: send } = operations<AuthPaths>(unauthorized);
  /** Sends a request for tokens. */
  const sendWithKey = (jkt: string | undefined) =>
    dpop && jkt
      ? operations<AuthPaths>((...request) => dpop.send(unauthorized, { jkt }, ...request)).POST
      : send;
  /** The running refreshes, by refresh token: a user who signs in meanwhile must not get, or wait for, another's tokens. */
  const refreshes = new Map<string, Promise<Tokens | undefined>>();
  /** No refresh in the background begins earlier: otherwise each request would begin one while auth is away. */
  let nextAttemptMs = 0;
  let lastWrite: Promise<unknown> = Promise.resolve();

  const isCurrent = (tokens: Tokens, refused: Tokens | undefined) =>
    tokens.access_token !== refused?.access_token && clock.now() < tokens.expires_at - MARGIN_MS;

  /** Renews tokens in the background. No request waits for it or fails with it, because its tokens are still valid. */
  const renewSoon = (tokens: Tokens): void => {
    if (clock.now() < Math.max(tokens.expires_at - AHEAD_MS, nextAttemptMs)) return;
    renew(tokens).catch((error: unknown) => {
      const seconds = error instanceof ApiError ? error.retryAfterSeconds : undefined;
      nextAttemptMs = clock.now() + (seconds || 1) * 1_000;
    });
  };

  /** All requests that need new tokens share one refresh. */
  const renew = (tokens: Tokens): Promise<Tokens | undefined> => {
    const key = tokens.refresh_token;
    const underWay = refreshes.get(key) ?? refresh(tokens).finally(() => refreshes.delete(key));
    refreshes.set(key, underWay);
    return underWay;
  };

  const refresh = async (used: Tokens): Promise<Tokens | undefined> => {
    const isUsed = (stored: Tokens | undefined) => stored?.refresh_token === used.refresh_token;
    const stored = await storage.get(); // another tab may have refreshed meanwhile
    if (!isUsed(stored)) return stored;
    try {
      const next = tokensOf(await exchange(used));
      return await replace(isUsed, { ...used, ...next });
    } catch (error) {
      const kept = isRefused(error) ? await replace(isUsed, undefined) : await storage.get();
      if (kept === undefined || isUsed(kept)) throw error;
      return kept;
    }
  };

  /** @throws ApiError `unexpected_answer` for an answer without tokens, so that it never replaces the stored ones */
  const tokensOf = ({ data, response }: { data: Answer; response: Response }): Tokens => {
    const { access_token, refresh_token, expires_in, scope }: Partial<Answer> = data ?? {};
    if (!access_token || !refresh_token || !expires_in || scope === undefined) {
      throw new ApiError(response, data);
    }
    return { access_token, refresh_token, expires_at: clock.now() + expires_in * 1_000, scope };
  };

  /**
   * Stores the next tokens if the stored ones are those to replace. A sign-out, a sign-in, or a refresh in another tab that
   * came meanwhile wins. Writes run one after the other, because an asynchronous storage may be slow to read and write.
   *
   * @returns the stored tokens
   */
  const replace = (isOld: (stored: Tokens | undefined) => boolean, next: Tokens | undefined) => {
    const replacing = lastWrite.then(async () => {
      const stored = await place.get();
      if (!isOld(stored)) return stored;
      await storage.set(next);
      return next;
    });
    lastWrite = replacing.catch(() => undefined); // a failed write must not fail the next one
    return replacing;
  };

  /** Repeats a refresh at once if its answer is lost: the token gets the same successor for some seconds only. */
  const exchange = ({ refresh_token, jkt }: Tokens) => {
    const attempt = () =>
      sendWithKey(jkt)('/auth/refresh', {
        body: { refresh_token },
        signal: AbortSignal.timeout(REFRESH_TIMEOUT_MS),
      });
    return attempt().catch((error: unknown) => {
      if (error instanceof ApiError) throw error;
      return attempt();
    });
  };

  const signOutOf = ({ refresh_token }: Tokens) => send('/auth/logout', { body: { refresh_token } });

  return {
    /** Bearer tokens from before the option `dpop` are never used again: their session ends, because a thief may have them. */
    async signIn(username, password) {
      const [jkt, before] = [await dpop?.createKey(), await place.get()];
      const answer = await sendWithKey(jkt)('/auth/login', { body: { username, password } });
      await replace(() => true, { ...tokensOf(answer), sign_in: randomKey(), ...(jkt && { jkt }) });
      // in the background: the user is signed in already
      if (jkt && before && !before.jkt) signOutOf(before).catch(() => undefined);
    },

    async signOut() {
      const tokens = await place.get(); // a sign-out needs no key
      if (tokens === undefined) return;
      await signOutOf(tokens).catch((error: unknown) => {
        if (!isRefused(error)) throw error; // a refused token means that the session is over already
      });
      await replace((stored) => isSameSignIn(stored, tokens), undefined);
    },

    async currentTokens(refused) {
      const tokens = await storage.get();
      if (tokens === undefined || !isSameSignIn(tokens, refused ?? tokens)) return undefined;
      if (tokens.jkt && !dpop) return undefined; // stored before the option `dpop` was taken back
      if (isCurrent(tokens, refused)) {
        renewSoon(tokens);
        return tokens;
      }
      const renewed = await renew(tokens);
      return isSameSignIn(renewed, tokens) ? renewed : undefined;
    },
  };
}

/** Tokens that an earlier version has stored have no `sign_in`, and count as one sign-in. */
function isSameSignIn(one: Tokens | undefined, other: Tokens): boolean {
  return one?.sign_in === other.sign_in;
}

/** True if a retry is useless: the session is over, or the stored text is no refresh token. */
function isRefused(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 'invalid_grant' || error.status === 422);
}
