-- Sets `expires_at` and the other given fields of the session `session_key`, lets it live until then, and puts
-- it into the index at `score`. The index lives as long as its last session.
-- @include lib/sessions
local function extend(sid, user_id, expires_at, score, ...)
  redis.call('HSET', session_key, 'expires_at', expires_at, ...)
  redis.call('PEXPIREAT', session_key, expires_at + RETENTION_MS)
  redis.call('ZADD', index_of(user_id), score, sid)
  -- GT only ever moves an expiry back, and NX sets the first one
  if redis.call('PEXPIREAT', index_of(user_id), expires_at + RETENTION_MS, 'GT') == 0 then
    redis.call('PEXPIREAT', index_of(user_id), expires_at + RETENTION_MS, 'NX')
  end
end
