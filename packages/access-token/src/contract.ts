// The contract between auth, which writes the stream of revocations, and every process that verifies access tokens.

/** RFC 9068 access tokens live this long. Short, because it bounds what a stolen one is good for. */
export const ACCESS_TOKEN_LIFETIME_SECONDS = 600;

/** A revocation outlives the tokens that it concerns by what clocks, caches and reloads may be apart. */
export const REVOCATION_RETENTION_SECONDS = ACCESS_TOKEN_LIFETIME_SECONDS + 65;

/** The stream of Redis with the entries `sid | jti | kid | epoch <id> until <unix seconds>`. */
export const REVOCATIONS_STREAM = '{auth}:revocations';

/** The key of Redis whose value names its data: gone with the data when they are lost. */
export const EPOCH_KEY = '{auth}:epoch';
