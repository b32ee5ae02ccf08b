// The contract between auth, which writes the stream of revocations, and every process that verifies access tokens.

/** The lifetime of an access token (RFC 9068). Short, because it limits the use of a stolen token. */
export const ACCESS_TOKEN_LIFETIME_SECONDS = 600;

/** A revocation outlives its tokens: the extra time covers differences of clocks, caches and reloads. */
export const REVOCATION_RETENTION_SECONDS = ACCESS_TOKEN_LIFETIME_SECONDS + 65;

/** auth makes a nonce for proofs of possession (RFC 9449 §8) each minute, and each is accepted for two. */
export const NONCE_INTERVAL_SECONDS = 60;
export const NONCE_LIFETIME_SECONDS = 2 * NONCE_INTERVAL_SECONDS;

/** A used proof is remembered for longer than its nonce is accepted: the extra time covers differences of clocks. */
export const USED_PROOF_SECONDS = NONCE_LIFETIME_SECONDS + 60;

/** The Redis stream with the entries `sid | jti | kid | epoch | nonce <id> until <unix seconds>`. */
export const REVOCATIONS_STREAM = '{auth}:revocations';

/** The Redis key whose value names the data: when Redis loses its data, the value is lost too. */
export const EPOCH_KEY = '{auth}:epoch';
