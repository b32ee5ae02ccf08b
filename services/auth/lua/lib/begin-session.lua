-- Writes the fields that every new session has, and removes expired sessions from the user's index.
-- @include lib/sessions
-- @include lib/make-room
-- @include lib/extend
local function begin_session(user_id, user_scopes, client_id, address, user_agent)
  redis.call('ZREMRANGEBYSCORE', index_of(user_id), '-inf', now - IDLE_LIMIT_MS - RETENTION_MS)
  redis.call('HSET', session_key, 'user_id', user_id, 'user_scopes', user_scopes, 'client_id', client_id,
    'generation', 0, 'created_at', now, 'used_at', now, 'absolute_expires_at', now + ABSOLUTE_LIMIT_MS,
    'address', address, 'user_agent', user_agent)
end
