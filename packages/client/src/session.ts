import { ApiError } from './api-error.ts';
import type { Clock } from './clock.ts';
import { type AuthPaths, operations } from './operations.ts';
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
   * The access token to send, renewed before it expires, or because it is the one that was refused. `undefined` when
   * nobody is signed in.
   *
   * @throws ApiError `invalid_grant` when the session is over; else what kept it from being renewed
   */
  accessToken(refused?: string): Promise<string | undefined>;
}

/** @param unauthorized sends without a token */
export function createSession(storage: TokenStorage, clock: Clock, unauthorized: Send): Session {
  const { POST: send } = operations<AuthPaths>(unauthorized);
  let refreshing: Promise<Tokens | undefined> | undefined;

  const isCurrent = (tokens: Tokens, refused: string | undefined) =>
    tokens.access_token !== refused && clock.now() < tokens.expires_at - AHEAD_MS;

  const keep = async (answer: Answer): Promise<Tokens> => {
    const { access_token, refresh_token, expires_in, scope } = answer;
    const tokens = { access_token, refresh_token, expires_at: clock.now() + expires_in * 1_000, scope };
    await storage.set(tokens);
    return tokens;
  };

  const refresh = async (refused: string | undefined): Promise<Tokens | undefined> => {
    const used = await storage.get(); // anew: another tab may have refreshed meanwhile
    if (used === undefined || isCurrent(used, refused)) return used;
    const isReplaced = async () => (await storage.get())?.refresh_token !== used.refresh_token;
    try {
      const { data } = await exchange(used.refresh_token);
      // whoever signed out, signed in, or refreshed in another tab while this was under way was right
      return (await isReplaced()) ? storage.get() : keep(data);
    } catch (error) {
      if (await isReplaced()) return storage.get();
      if (isRefused(error)) await storage.set(undefined);
      else if (used.access_token !== refused && clock.now() < used.expires_at) return used; // still good
      throw error;
    }
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
      await keep(data);
    },

    async signOut() {
      const tokens = await storage.get();
      if (tokens === undefined) return;
      await send('/auth/logout', { body: { refresh_token: tokens.refresh_token } }).catch(
        (error: unknown) => {
          if (!isRefused(error)) throw error; // else it was over already
        },
      );
      await storage.set(undefined);
    },

    async accessToken(refused) {
      const tokens = await storage.get();
      if (tokens === undefined || isCurrent(tokens, refused)) return tokens?.access_token;
      refreshing ??= refresh(refused).finally(() => {
        refreshing = undefined;
      });
      return (await refreshing)?.access_token;
    },
  };
}

/** For good: the session is over, or what was kept is no refresh token. */
function isRefused(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 'invalid_grant' || error.status === 422);
}
