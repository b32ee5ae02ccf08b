import { mergeHeaders } from 'openapi-fetch';
import { ApiError } from './api-error.ts';
import { orAborted } from './clock.ts';
import { isRepeatable } from './retry.ts';
import type { Init, Send } from './send.ts';
import type { Session } from './session.ts';
import type { Tokens } from './tokens.ts';

/**
 * Sends with the access token, and once more with a new one when that is refused: one of the same sign-in, for nothing
 * may be done in the name of whoever has signed in meanwhile.
 */
export function withAccessToken(send: Send, currentTokens: Session['currentTokens']): Send {
  return async (method, path, init = {}) => {
    if (isPublic(path)) return send(method, path, init);
    const tokens = await orAborted(currentTokens(), init.signal);
    try {
      return await send(method, path, authorized(init, tokens));
    } catch (error) {
      if (tokens === undefined || !isRefusedToken(error) || !isRepeatable(init.body)) throw error;
      const renewed = await orAborted(currentTokens(tokens), init.signal);
      if (renewed === undefined) throw error; // signed out meanwhile, or somebody else in
      return send(method, path, authorized(init, renewed));
    }
  };
}

/** There a token is of no use, or another kind of authentication is. */
function isPublic(path: string): boolean {
  return /^\/(auth\/(login|refresh|register)$|oauth\/|\.well-known\/)/.test(path);
}

/** RFC 6750 §3.1: it has expired, or was revoked. A 401 for another reason is not cured by another token. */
function isRefusedToken(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401 && error.code === 'invalid_token';
}

function authorized(init: Init, tokens: Tokens | undefined): Init {
  if (tokens === undefined) return init;
  return { ...init, headers: mergeHeaders({ authorization: `Bearer ${tokens.access_token}` }, init.headers) };
}
