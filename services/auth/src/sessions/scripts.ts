import { ACCESS_TOKEN_LIFETIME_SECONDS } from '@pair/access-token';
import { loadScript } from '../redis/lua.ts';

/** An announcement is kept as long as a token can live. */
export const KEEP_MS = (ACCESS_TOKEN_LIFETIME_SECONDS + 65) * 1_000;
/** How long a code that was redeemed is known as such. */
const CODE_REMEMBERED_MS = 10 * 60_000;
/** Repeats of a refresh token from elsewhere that a session may leave in the audit. */
const REPORTED_REPEATS = { MAX_REPORTED_REPEATS: 3, REPORTED_REPEAT_INTERVAL_MS: 10 * 60_000 };

const script = (file: string, constants: Record<string, number> = {}) => ({
  lua: loadScript(file, { KEEP_MS, ...constants }),
  numberOfKeys: 1,
});

export const REOPEN_WINDOW = script('reopen-window');

/** As ioredis' `defineCommand` takes them. */
export const SCRIPTS = {
  createSession: script('create-session'),
  beginAuthorization: script('begin-authorization'),
  redeemCode: script('redeem-code', { CODE_REMEMBERED_MS }),
  revokeAccessToken: script('revoke-access-token'),
  nameEpoch: script('name-epoch'),
  rotateRefreshToken: script('rotate', REPORTED_REPEATS),
  listSessions: script('list-sessions'),
  endSession: script('end-session'),
  endUserSessions: script('end-user-sessions'),
};
