export { type AccessTokenOptions, accessToken, type VerifiedToken } from './access-token.ts';
export { authenticated } from './authenticated.ts';
export { invalidToken, tokenRequired } from './bearer.ts';
export { type AccessTokenClaims, AccessTokenClaimsSchema } from './claims.ts';
export { type KeySource, KeysUnavailable } from './keys.ts';
export { type RemoteKeySet, remoteKeySet } from './remote-key-set.ts';
export { type RevocationFeed, revocationFeed } from './revocation-feed.ts';
export { SCOPE_DESCRIPTIONS, SCOPES, type Scope } from './scopes.ts';
export { securitySchemes } from './security-schemes.ts';
