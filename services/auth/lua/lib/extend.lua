-- Lets the session `session_key` live until `expires_at`, and puts it into the index at `score`, which is now
-- by default.
-- @include lib/sessions
local function extend(sid, user_id, expires_at, score)
  redis.call('HSET', session_key, 'expires_at', expires_at)
  redis.call('PEXPIREAT', session_key, expires_at + RETENTION_MS)
  redis.call('ZADD', index_of(user_id), score or now, sid)
  -- NX sets the first expiry, GT only ever moves it back
  redis.call('PEXPIREAT', index_of(user_id), expires_at + RETENTION_MS, 'NX')
  redis.call('PEXPIREAT', index_of(user_id), expires_at + RETENTION_MS, 'GT')
end
