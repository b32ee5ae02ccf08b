-- A script that changes a session is one change: Redis runs it whole and alone, and writes it to the AOF as
-- one unit. KEYS has only the key that the caller knows. A script finds other keys inside; they are on the
-- same node, because all keys carry the tag {auth}.
--
-- {auth}:session:<sid>        hash of a session
--   user_id, client_id
--   registration              of the client when the session began; absent for a built-in client
--   user_scopes               all scopes of the user, as PostgreSQL has them; absent if they must be read
--   scopes_forgotten          how often user_scopes was forgotten; absent for never
--   family                    SHA-256 of the secret that all refresh tokens of the session share
--   nonce                     SHA-256 of the newest refresh token's nonce
--   previous                  SHA-256 of the nonce before that
--   successor                 the seed from which the holder of the token before derives the newest
--   generation                number of rotations
--   created_at, used_at       the sign-in, and the last rotation
--   expires_at                the idle limit
--   absolute_expires_at       the limit that no rotation extends
--   address, user_agent       of the last use
--   repeated_from             address of the last repeat that was reported since the last rotation
--   repeats_free_at           the time when the budget of reported repeats is full again
--   jkt                       thumbprint of the key to which the refresh tokens are bound; absent for none
--   bound_later               the session had refresh tokens before it was bound
--   keyless_from              address of the last reported use without the key
--   keyless_free_at           the time when the budget of such reports is full again
-- A session that began with an authorization code has these fields too:
--   scope, code               the granted scope, and SHA-256 of the code
--   redirect_uri              SHA-256, until the code is redeemed; until then there is no family
--   code_challenge            PKCE's, until the code is redeemed
--   code_jkt                  thumbprint of the key to which the code is bound, until the code is redeemed
--   refused                   the code came once with other values than the authorized ones
--
-- {auth}:user:<id>:sessions   sorted set of the user's sid by used_at: the index
--
-- All times are milliseconds since 1970. A script compares `now` with the times in the hash; the TTL only
-- removes old keys. The key of a session outlives it until its last access token has expired. So a session
-- without a key has no access token that would have to be revoked.
-- @include lib/announce
local function session_of(sid)
  return '{auth}:session:' .. sid
end

local function index_of(user_id)
  return '{auth}:user:' .. user_id .. ':sessions'
end

-- Returns the user's id, or false if there is no such session.
local function end_session(sid)
  local key = session_of(sid)
  local user_id = redis.call('HGET', key, 'user_id')
  if not user_id then return false end
  redis.call('DEL', key)
  redis.call('ZREM', index_of(user_id), sid)
  announce('sid', sid)
  return user_id
end
