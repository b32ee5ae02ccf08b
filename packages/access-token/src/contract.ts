/** RFC 9068 access tokens live this long. Short, because it bounds what a stolen one is good for. */
export const ACCESS_TOKEN_LIFETIME_SECONDS = 600;
