import { ACCESS_TOKEN_LIFETIME_SECONDS } from '@pair/access-token';

/** What lua/lib/announce.lua needs. An announcement is kept as long as a token can live. */
export const ANNOUNCEMENTS = { KEEP_MS: (ACCESS_TOKEN_LIFETIME_SECONDS + 65) * 1_000 };
