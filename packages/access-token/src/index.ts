export { accessToken, type VerifiedToken } from './access-token.ts';
export { asUser, withScope } from './authenticated.ts';
export { invalidToken, malformedToken, tokenRequired } from './bearer.ts';
export type { AccessTokenClaims } from './claims.ts';
export {
  ACCESS_TOKEN_LIFETIME_SECONDS,
  EPOCH_KEY,
  NONCE_INTERVAL_SECONDS,
  NONCE_LIFETIME_SECONDS,
  REVOCATION_RETENTION_SECONDS,
  REVOCATIONS_STREAM,
} from './contract.ts';
export { PROOF_ALGORITHM, type Proof } from './dpop/proof.ts';
export { invalidProof, type Proofs, proofs, useNonce } from './dpop/proofs.ts';
export { usedProofs } from './dpop/used-proofs.ts';
export { type KeySource, KeysUnavailable } from './keys.ts';
export { createRemoteKeySet, type RemoteKeySet, remoteKeys } from './remote-key-set.ts';
export { createRevocationFeed, type RevocationFeed, revocationFeed } from './revocation-feed.ts';
export { SCOPE_DESCRIPTIONS, SCOPES, type Scope } from './scopes.ts';
export { securitySchemes } from './security-schemes.ts';
export { rateLimitExceeded, type SubjectRate } from './subject-rate.ts';
