import { ApiError } from './api-error.ts';
import type { Clock } from './clock.ts';
import { type AuthPaths, operations } from './operations.ts';
import { randomKey } from './random-key.ts';
import type { Send } from './send.ts';
import type { TokenStorage, Tokens } from './tokens.ts';

/** So long before it expires an access token is renewed, while it is still used. */
const AHEAD_MS = 30_000;
/** So long before it expires it is no longer used: it must still be good when it arrives. */
const MARGIN_MS = 2_000;
/** Below the ten seconds for which a refresh token gets the same successor again. */
const REFRESH_TIMEOUT_MS = 8_000;

type Answer = AuthPaths['/auth/login']['post']['responses'][200]['content']['application/json'];

export interface Session {
  /** @throws ApiError `invalid_credentials`, or 429 */
  signIn(username: string, password: string): Promise<void>;
  signOut(): Promise<void>;
  /**
   * The tokens to send with: new ones, when those that are stored have expired or were refused. `undefined` when nobody is
   * signed in, or not who was when they were refused.
   *
   * @throws ApiError `invalid_grant` when the session is over; else what kept them from being renewed
   */
  currentTokens(refused?: Tokens): Promise<Tokens | undefined>;
}

/** @param unauthorized sends without a token */
export function createSession(storage: TokenStorage, clock: Clock, unauthorized: Send): Session {
  const { POST: send } = operations<AuthPaths>(unauthorized);
  /** Under way, by refresh token: who signs in meanwhile must not get, or wait for, what is another's. */
  const refreshes = new Map<string, Promise<Tokens | undefined>>();
  /** No refresh that nobody waits for begins before: else each request would begin one while auth is away. */
  let nextAttemptMs = 0;
  let lastWrite: Promise<unknown> = Promise.resolve();

  const isCurrent = (tokens: Tokens, refused: Tokens | undefined) =>
    tokens.access_token !== refused?.access_token && clock.now() < tokens.expires_at - MARGIN_MS;

  /** While they are good nobody waits for the next ones, nor hears that there are none yet: so it never throws. */
  const renewSoon = (tokens: Tokens): void => {
    if (clock.now() < Math.max(tokens.expires_at - AHEAD_MS, nextAttemptMs)) return;
    renew(tokens).catch((error: unknown) => {
      const seconds = error instanceof ApiError ? error.retryAfterSeconds : undefined;
      nextAttemptMs = clock.now() + (seconds || 1) * 1_000;
    });
  };

  /** However many ask for it, there is one refresh. */
  const renew = (tokens: Tokens): Promise<Tokens | undefined> => {
    const key = tokens.refresh_token;
    const underWay = refreshes.get(key) ?? refresh(tokens).finally(() => refreshes.delete(key));
    refreshes.set(key, underWay);
    return underWay;
  };

  const refresh = async (used: Tokens): Promise<Tokens | undefined> => {
    const isUsed = (stored: Tokens | undefined) => stored?.refresh_token === used.refresh_token;
    const stored = await storage.get(); // anew: another tab may have refreshed meanwhile
    if (!isUsed(stored)) return stored;
    try {
      const next = tokensOf(await exchange(used.refresh_token));
      return await replace(isUsed, { ...used, ...next });
    } catch (error) {
      const kept = isRefused(error) ? await replace(isUsed, undefined) : await storage.get();
      if (kept === undefined || isUsed(kept)) throw error;
      return kept;
    }
  };

  /** @throws ApiError `unexpected_answer`, so that what is no token never takes the place of one */
  const tokensOf = ({ data, response }: { data: Answer; response: Response }): Tokens => {
    const { access_token, refresh_token, expires_in, scope }: Partial<Answer> = data ?? {};
    if (!access_token || !refresh_token || !expires_in || scope === undefined) {
      throw new ApiError(response, data);
    }
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
      const tokens = tokensOf(await send('/auth/login', { body: { username, password } }));
      await replace(() => true, { ...tokens, sign_in: randomKey() });
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
      if (isCurrent(tokens, refused)) {
        renewSoon(tokens);
        return tokens;
      }
      const renewed = await renew(tokens);
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
