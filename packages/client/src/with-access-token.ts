import { mergeHeaders } from 'openapi-fetch';
import { ApiError } from './api-error.ts';
import { orAborted } from './clock.ts';
import { isRepeatable } from './retry.ts';
import type { Init, Send } from './send.ts';
import type { Session } from './session.ts';
import type { Tokens } from './tokens.ts';

/**
 * Sends a request with the access token. If the services refuse the token, sends the request once more with a new token of
 * the same sign-in: it must not act for another user who has signed in meanwhile.
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
      if (renewed === undefined) throw error; // the user has signed out meanwhile, or another has signed in
      return send(method, path, authorized(init, renewed));
    }
  };
}

/** These operations need no access token, or authenticate in another way. */
function isPublic(path: string): boolean {
  return /^\/(auth\/(login|refresh|register)$|oauth\/(?!userinfo$)|\.well-known\/)/.test(path);
}

/** RFC 6750 §3.1: the token has expired, or was revoked. A new token does not help against a 401 for another reason. */
function isRefusedToken(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401 && error.code === 'invalid_token';
}

function authorized(init: Init, tokens: Tokens | undefined): Init {
  if (tokens === undefined) return init;
  return { ...init, headers: mergeHeaders({ authorization: `Bearer ${tokens.access_token}` }, init.headers) };
}
