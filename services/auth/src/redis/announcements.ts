import { EPOCH_KEY, REVOCATION_RETENTION_SECONDS, REVOCATIONS_STREAM } from '@pair/access-token';

/** The constants of lua/lib/announce.lua. */
export const ANNOUNCE = { REVOCATIONS_STREAM, RETENTION_MS: REVOCATION_RETENTION_SECONDS * 1_000 };
/** The constants of lua/lib/epoch.lua. */
export const EPOCH = { ...ANNOUNCE, EPOCH_KEY };
