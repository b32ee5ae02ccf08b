import { mergeHeaders } from 'openapi-fetch';
import { ApiError } from './api-error.ts';
import { orAborted } from './clock.ts';
import type { Dpop } from './dpop/dpop.ts';
import { isRepeatable } from './retry.ts';
import type { Send } from './send.ts';
import type { Session } from './session.ts';
import type { Tokens } from './tokens.ts';

/**
 * Sends a request with the access token. If the services refuse the token, sends the request once more with a new token of
 * the same sign-in: it must not act for another user who has signed in meanwhile.
 */
export function withAccessToken(send: Send, currentTokens: Session['currentTokens'], dpop?: Dpop): Send {
  const sendWith = async (tokens: Tokens | undefined, ...[method, path, init]: Parameters<Send>) => {
    if (tokens === undefined) return send(method, path, init);
    const { access_token: accessToken, jkt } = tokens;
    const authorization = `${jkt ? 'DPoP' : 'Bearer'} ${accessToken}`;
    const authorized = { ...init, headers: mergeHeaders({ authorization }, init?.headers) };
    return dpop && jkt
      ? dpop.send(send, { jkt, accessToken }, method, path, authorized)
      : send(method, path, authorized);
  };
  return async (method, path, init = {}) => {
    if (isPublic(path)) return send(method, path, init);
    const tokens = await orAborted(currentTokens(), init.signal);
    try {
      return await sendWith(tokens, method, path, init);
    } catch (error) {
      if (tokens === undefined || !isRefusedToken(error) || !isRepeatable(init.body)) throw error;
      const renewed = await orAborted(currentTokens(tokens), init.signal);
      if (renewed === undefined) throw error; // the user has signed out meanwhile, or another has signed in
      return sendWith(renewed, method, path, init);
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
