import { mergeHeaders } from 'openapi-fetch';
import { ApiError } from './api-error.ts';
import { orAborted } from './clock.ts';
import { isRepeatable } from './retry.ts';
import type { Init, Send } from './send.ts';
import type { Session } from './session.ts';

/** Sends with the access token, and once more with a new one when that is refused. */
export function withAccessToken(send: Send, accessToken: Session['accessToken']): Send {
  return async (method, path, init = {}) => {
    if (isPublic(path)) return send(method, path, init);
    const token = await orAborted(accessToken(), init.signal);
    try {
      return await send(method, path, authorized(init, token));
    } catch (error) {
      if (token === undefined || !isRefusedToken(error) || !isRepeatable(init.body)) throw error;
      const renewed = await orAborted(accessToken(token), init.signal);
      if (renewed === undefined) throw error; // signed out meanwhile
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

function authorized(init: Init, token: string | undefined): Init {
  if (token === undefined) return init;
  return { ...init, headers: mergeHeaders({ authorization: `Bearer ${token}` }, init.headers) };
}
